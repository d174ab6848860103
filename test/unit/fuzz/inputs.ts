/** Inputs for parsers: anything at all, and what is nearly right, which gets further in. */
import fc from "fast-check";

/** Texts made of pieces of a grammar, in any order and number, with rubbish between. */
export function nearly(...pieces: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...pieces) },
    { weight: 2, arbitrary: fc.string({ maxLength: 8 }) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constantFrom("\0", "\r\n", "\t", '"', "\\", "é", "\ud800", "\u2028", "%", "%00", "..", "//", "__proto__") },
  );
  const repeated = fc.tuple(piece, fc.integer({ min: 1, max: 40 })).map(([text, times]) => text.repeat(times));
  // One piece over and over is what makes a careless expression slow.
  const endless = fc
    .tuple(fc.constantFrom(...pieces), fc.constantFrom(500, 4_000))
    .map(([text, times]) => text.repeat(times).slice(0, 16_384));
  return fc.oneof(
    { weight: 12, arbitrary: fc.array(piece, { maxLength: 12 }).map((all) => all.join("")) },
    { weight: 5, arbitrary: fc.array(repeated, { maxLength: 6 }).map((all) => all.join("")) },
    { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
    { weight: 1, arbitrary: fc.tuple(endless, piece).map(([text, end]) => text + end) },
  );
}

const KEYS = ["auths", "auth", "username", "password", "identitytoken", "registrytoken", "credHelpers", "credsStore"] as const;
const HOSTS = [
  "docker.io",
  "https://index.docker.io/v1/",
  "ghcr.io/acme",
  "a/b/c",
  "",
  "@",
  "x?y",
  "localhost:5000",
  "__proto__",
  "constructor",
];

/** JSON values that are nearly a Docker configuration. */
export function nearlyDockerConfig(): fc.Arbitrary<unknown> {
  const text = fc.oneof(nearly("user", ":", "pass", "dXNlcjpwYXNz", "=", "AAAA"), fc.constantFrom("dXNlcjpwYXNz", "", "ecr-login"));
  const leaf = fc.oneof(text, fc.constantFrom(null, 0, true, [], {}));
  const entry = fc.dictionary(fc.constantFrom(...KEYS, "email"), leaf, { maxKeys: 5 });
  const entries = fc.dictionary(fc.oneof(fc.constantFrom(...HOSTS), nearly("ghcr.io", "/", ":", "@", "http://")), fc.oneof(entry, leaf), {
    maxKeys: 4,
  });
  return fc.oneof(
    { weight: 5, arbitrary: fc.dictionary(fc.constantFrom(...KEYS), fc.oneof(entries, leaf), { maxKeys: 4 }) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  );
}
