/**
 * Every parser of what comes from outside, with inputs of every kind: it gives a value or fails in its own way, within 50 ms. `FUZZ_RUNS` says how many
 * inputs each gets; `npm run fuzz` takes a million.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AddressRefused, outsideUrl } from "../../../src/net/address.ts";
import { parseContentRange, parseUploadRange } from "../../../src/net/content-range.ts";
import { redactUrl } from "../../../src/net/redact.ts";
import { parseRetryAfter, parseRetryText } from "../../../src/net/retry-after.ts";
import { parseDigest } from "../../../src/oci/digest.ts";
import { CopyError } from "../../../src/oci/errors.ts";
import { parseManifest } from "../../../src/oci/manifest.ts";
import { InvalidPlatform, parsePlatform } from "../../../src/oci/platform.ts";
import { InvalidReference, parseReference } from "../../../src/oci/reference.ts";
import { globFault, matches } from "../../../src/policy.ts";
import { loginOf, parseChallenges, usableChallenges } from "../../../src/registry/challenge.ts";
import { credentialsFor, parseDockerConfig } from "../../../src/registry/credentials.ts";
import { parseErrorBody } from "../../../src/registry/error-body.ts";
import { resolveLocation } from "../../../src/registry/location.ts";
import { nextPage } from "../../../src/registry/next-page.ts";
import { mergeScopeText } from "../../../src/registry/scope.ts";
import { tagFilterFaults, tagTest } from "../../../src/request/tag-filter.ts";
import { nearly, nearlyDockerConfig } from "./inputs.ts";
import { quickestMs } from "./quickest.ts";

/** Inputs for each parser. The full run: a million. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 10_000);

/** Longest time that one input may take, in milliseconds. One that took longer is tried again, at once and, where that does not help, at the end. */
const LIMIT_MS = 50;

/** Inputs that are slow again and again, after which the rest is not waited for. */
const MOST_SLOW = 20;

const HERE = new URL("https://r.example:5000/v2/a/b/tags/list?n=2");
const NOW = Date.UTC(2026, 10, 25);
const HEX = "0123456789abcdef".repeat(4);

interface Parser<T> {
  name: string;
  inputs: fc.Arbitrary<T>;
  parse(input: T): unknown;
  /** Its own way to fail. Without one, it never does. */
  isOwn?: (error: unknown) => boolean;
}

function parser<T>(one: Parser<T>): Parser<unknown> {
  return one as Parser<unknown>;
}

const URL_PIECES = [
  "https://",
  "http://",
  "r.example",
  ":5000",
  "/v2/",
  "//",
  "?",
  "#",
  "@",
  "[",
  "::1",
  "]",
  "127.0.0.1",
  "%41",
  "&digest=",
  "_state=",
  "data:",
];

const PARSERS = [
  parser({
    name: "reference",
    inputs: nearly(
      "docker.io",
      "ghcr.io/",
      "localhost",
      ":5000",
      "/",
      "a",
      "B",
      "-",
      "_",
      "__",
      ".",
      "@",
      ":",
      `sha256:${HEX}`,
      "[::1]",
      "https://",
      "xn--a",
    ),
    parse: (text) => parseReference(text),
    isOwn: (error) => error instanceof InvalidReference,
  }),
  parser({
    name: "digest",
    inputs: nearly("sha256:", "sha512:", HEX, "A", "0", ":", "md5:"),
    parse: (text) => parseDigest(text),
  }),
  parser({
    name: "challenge",
    inputs: nearly(
      "Bearer ",
      "Basic ",
      "Negotiate",
      "realm=",
      '"',
      '"https://a.example/token"',
      ",",
      " ",
      "=",
      "\\",
      "service=",
      "scope=",
      '"repository:a:pull,push"',
      "token68==",
    ),
    parse: (text) => usableChallenges(parseChallenges(text)).map((challenge) => loginOf(challenge, HERE)),
  }),
  parser({
    name: "scope",
    inputs: nearly("repository:", "a/b", ":pull", ",push", " ", ":", "registry:catalog:*"),
    parse: (text) => mergeScopeText(["repository:a:pull"], text),
  }),
  parser({
    name: "Link",
    inputs: nearly("<", ">", ";", ",", "rel=", '"next"', "next", "/v2/x", " ", "\\", ...URL_PIECES),
    parse: (text) => expect(nextPage(text, HERE)?.origin ?? HERE.origin).toBe(HERE.origin),
  }),
  parser({
    name: "Location",
    inputs: nearly(...URL_PIECES),
    parse: (text) => resolveLocation(text, HERE),
  }),
  parser({
    name: "address from outside",
    inputs: nearly(...URL_PIECES, "0x7f.1", "localhost", "."),
    parse: (text) => outsideUrl(text, () => ({ http: false, private: false })),
    isOwn: (error) => error instanceof AddressRefused,
  }),
  parser({ name: "redacted URL", inputs: nearly(...URL_PIECES), parse: (text) => redactUrl(text) }),
  parser({
    name: "Content-Range",
    inputs: nearly("bytes", " ", "0", "-", "499", "/", "*", "1234", "9".repeat(20), "="),
    parse: (text) => parseContentRange(text),
  }),
  parser({
    name: "Range of an upload",
    inputs: nearly("bytes=", "0", "-", "499", "--1", ",", "9".repeat(20)),
    parse: (text) => parseUploadRange(text),
  }),
  parser({
    name: "Retry-After",
    inputs: nearly("120", "0", "-1", ".5", "Wed, ", "25 Nov 2026", " 08:00:00", " GMT", "2026-11-25T08:00:00Z", "9".repeat(20), "e9"),
    parse: (text) => {
      const ms = parseRetryAfter(text, NOW);
      expect(ms === undefined || (Number.isFinite(ms) && ms >= 0)).toBe(true);
    },
  }),
  parser({
    name: "Retry-After in a body's text",
    inputs: nearly("retry-after: ", "985.86", "µs", "ms", "s", "m", ", allowed: 44000/minute", "toomanyrequests: ", "9".repeat(20)),
    parse: (text) => parseRetryText(text),
  }),
  parser({
    name: "error body",
    inputs: nearly(
      '{"errors":[',
      '{"code":',
      '"DENIED"',
      ',"message":',
      '"x"',
      "]}",
      "}",
      "<html>",
      "<title>",
      "</title>",
      "Bearer ",
      "https://a?b=c",
      "token=",
      "eyJhbGciOi",
    ),
    parse: (text) => parseErrorBody(text),
  }),
  parser({
    name: "platform",
    inputs: nearly("linux", "/", "amd64", "arm", "v8", "windows", ":", "10.0.17763", "."),
    parse: (text) => parsePlatform(text),
    isOwn: (error) => error instanceof InvalidPlatform,
  }),
  parser({
    name: "docker config",
    inputs: nearlyDockerConfig(),
    parse: (json) => credentialsFor(parseDockerConfig(json), "ghcr.io", "acme/app"),
    // Its failures name a place, and are no mistakes of the language's.
    isOwn: (error) => error instanceof Error && error.constructor === Error && error.message.startsWith("at /"),
  }),
  parser({
    name: "manifest",
    inputs: fc.oneof(
      nearly(
        '{"schemaVersion":2',
        ',"config":',
        ',"layers":[',
        '{"digest":"',
        `sha256:${HEX}`,
        '","size":',
        "-1",
        "2",
        "1e999",
        "}",
        "]",
        ',"__proto__":',
        '"manifests":[',
      ).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
      fc
        .jsonValue({ maxDepth: 3 })
        .map((json) => Buffer.from(JSON.stringify({ schemaVersion: 2, config: json, layers: [json], subject: json }))),
    ),
    parse: (bytes) => parseManifest(bytes, "application/vnd.oci.image.manifest.v1+json"),
    isOwn: (error) => error instanceof CopyError,
  }),
  parser({
    name: "glob of a policy",
    inputs: nearly("docker.io", "/", "*", "**", "?", "[a-z]", "[", "{a,b}", "{1..9}", "!", "(", "|", ")", "+(", "\\"),
    parse: (glob) => globFault(glob) ?? matches(glob, "docker.io/library/busybox"),
  }),
  parser({
    name: "tag filter",
    inputs: nearly(
      "1.2",
      "*",
      "?",
      "/",
      "^",
      "$",
      "(a+)+",
      "{1,9}",
      "[0-9]",
      "[",
      "\\d",
      "|",
      ">=",
      "<2",
      " || ",
      "-rc",
      "x",
      "!",
      "{a,b}",
    ),
    parse: (pattern) => {
      for (const tags of [{ include: [pattern] }, { semver: pattern }]) {
        if (tagFilterFaults(tags).length === 0 && pattern !== "") {
          tagTest(tags).accepts("1.2.3-rc.4");
        }
      }
    },
  }),
];

describe(`${RUNS} inputs`, () => {
  test.each(PARSERS.map((one) => [one.name, one] as const))("%s", { timeout: 60_000 + RUNS * 5 }, (_, { inputs, parse, isOwn }) => {
    const run = (input: unknown): void => {
      try {
        parse(input);
      } catch (error) {
        if (isOwn?.(error) !== true) {
          throw error;
        }
      }
    };
    const slow: unknown[] = [];
    fc.assert(
      fc.property(inputs, (input) => {
        const begun = performance.now();
        run(input);
        if (performance.now() - begun > LIMIT_MS && quickestMs(() => run(input), LIMIT_MS) > LIMIT_MS) {
          slow.push(input);
          expect(slow.length).toBeLessThan(MOST_SLOW);
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(slow.filter((input) => quickestMs(() => run(input), LIMIT_MS) > LIMIT_MS)).toEqual([]);
  });
});
