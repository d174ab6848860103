import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  destinationReference,
  formatReference,
  InvalidReference,
  parseReference,
  type Reference,
  type ReferencePart,
  repositoryName,
  sourceReference,
} from "../../../src/oci/reference.ts";

const HEX = "0123456789abcdef".repeat(4);
const SHA256 = `sha256:${HEX}`;
const SHA512 = `sha512:${HEX}${HEX}`;

/** Expects a reference to be the same as its full form. */
function expectFull(text: string, full: string): void {
  const reference = parseReference(text);
  expect(formatReference(reference)).toBe(full);
  expect(parseReference(full)).toEqual(reference);
}

describe("parseReference and formatReference", () => {
  it.each([
    ["busybox", "docker.io/library/busybox"],
    ["busybox:1.36", "docker.io/library/busybox:1.36"],
    ["library/busybox", "docker.io/library/busybox"],
    ["bitnami/redis:7", "docker.io/bitnami/redis:7"],
    ["docker.io/busybox", "docker.io/library/busybox"],
    ["index.docker.io/busybox", "docker.io/library/busybox"],
    ["registry-1.docker.io/library/busybox", "docker.io/library/busybox"],
    ["registry.docker.io/a/b", "docker.io/a/b"],
    ["Docker.IO/busybox", "docker.io/library/busybox"],
    ["hub.docker.io/busybox", "hub.docker.io/busybox"],
  ])("Q41, Q42: Docker Hub's names and defaults: %s is %s", expectFull);

  it.each([
    ["localhost/app", "localhost/app"],
    ["localhost:5000/app:1", "localhost:5000/app:1"],
    ["localhost:5000", "docker.io/library/localhost:5000"],
    ["ghcr.io", "docker.io/library/ghcr.io"],
    ["registry/app", "docker.io/registry/app"],
    ["registry:5000/app", "registry:5000/app"],
    ["ghcr.io/a/b/c/d:v1", "ghcr.io/a/b/c/d:v1"],
    ["ghcr.io:443/a/b", "ghcr.io:443/a/b"],
    ["GHCR.io/a/b:V1", "ghcr.io/a/b:V1"],
    ["a-b.example.com/x", "a-b.example.com/x"],
  ])("Q43: what is a host: %s is %s", expectFull);

  it.each([
    // Addresses, in one spelling
    ["127.0.0.1:5000/app", "127.0.0.1:5000/app"],
    ["127.1:05000/app", "127.0.0.1:5000/app"],
    ["127.1:0005000/app", "127.0.0.1:5000/app"],
    ["0x7f.0.0.1/app", "127.0.0.1/app"],
    ["[::1]:5000/app:1", "[::1]:5000/app:1"],
    ["[::1]/app", "[::1]/app"],
    ["[0:0:0:0:0:0:0:1]:5000/app", "[::1]:5000/app"],
    ["[2001:DB8::A]/app", "[2001:db8::a]/app"],
    ["[::ffff:10.0.0.1]/app", "[::ffff:a00:1]/app"],
    // Paths
    ["example.com/a.b/c_d/e__f/g-h/i--j/k---l", "example.com/a.b/c_d/e__f/g-h/i--j/k---l"],
    ["example.com/0/1", "example.com/0/1"],
    [`example.com/${HEX}`, `example.com/${HEX}`],
    // Tags and digests
    ["example.com/a:_T.a-g_9", "example.com/a:_T.a-g_9"],
    [`example.com/a:${"t".repeat(128)}`, `example.com/a:${"t".repeat(128)}`],
    [`example.com/a@${SHA256}`, `example.com/a@${SHA256}`],
    [`example.com/a:1@${SHA512}`, `example.com/a:1@${SHA512}`],
    [`busybox@${SHA256}`, `docker.io/library/busybox@${SHA256}`],
    [`example.com/${"a".repeat(243)}`, `example.com/${"a".repeat(243)}`],
  ])("%s is %s", expectFull);

  it("gives the parts", () => {
    const parts = { registry: "docker.io", repository: "library/busybox", tag: "1", digest: SHA256 };
    expect(parseReference(`busybox:1@${SHA256}`)).toEqual(parts);
    expect(repositoryName(parts as Reference)).toBe("docker.io/library/busybox");
    expect(Object.keys(parseReference("busybox"))).toEqual(["registry", "repository"]);
  });

  it.each<[string, ReferencePart, RegExp]>([
    ["", "repository", /empty/],
    ["ghcr.io/", "repository", /empty/],
    ["/busybox", "repository", /""/],
    ["a//b", "repository", /""/],
    ["a/b/", "repository", /""/],
    ["Busybox", "repository", /"Busybox".*upper case/],
    ["MyOrg/app", "repository", /"MyOrg".*upper case/],
    ["a/-b", "repository", /"-b"/],
    ["a/b-", "repository", /"b-"/],
    ["a/b..c", "repository", /"b..c"/],
    ["a/b___c", "repository", /"b___c"/],
    ["a/b._c", "repository", /"b._c"/],
    ["a/../b", "repository", /".."/],
    ["a/b c", "repository", /"b c"/],
    ["a/b%2fc", "repository", /"b%2fc"/],
    ["a/b\\c", "repository", /./],
    ["a/b?x=y", "repository", /./],
    ["a/b#x", "repository", /./],
    ["bücher", "repository", /./],
    [" busybox", "repository", /" busybox"/],
    ["busybox\n", "repository", /\\n/],
    [HEX, "repository", /id of a local image/],
    [`example.com/${"a".repeat(244)}`, "repository", /255/],
    ["bad_host.example/app", "host", /"bad_host.example"/],
    ["-a.example/app", "host", /./],
    ["a-.example/app", "host", /./],
    ["a..example/app", "host", /./],
    ["example.com./app", "host", /./],
    ["exämple.com/app", "host", /./],
    ["example.com:/app", "host", /./],
    ["example.com:0/app", "host", /port 0 /],
    ["example.com:65536/app", "host", /port 65536 /],
    ["example.com:5a/app", "host", /./],
    ["example.com:123456/app", "host", /./],
    ["256.1.1.1/app", "host", /./],
    ["1.2.3.4.5/app", "host", /./],
    ["[::1/app", "host", /./],
    ["::1/app", "host", /./],
    ["[fe80::1%25eth0]/app", "host", /./],
    ["[1.2.3.4]/app", "host", /./],
    ["[:::]/app", "host", /./],
    ["busybox:", "tag", /""/],
    ["busybox:-a", "tag", /"-a"/],
    ["busybox:.a", "tag", /".a"/],
    ["busybox:a b", "tag", /"a b"/],
    ["busybox:a:b", "tag", /"a:b"/],
    ["busybox:a+b", "tag", /"a\+b"/],
    [`busybox:${"t".repeat(129)}`, "tag", /128/],
    ["busybox@", "digest", /""/],
    ["busybox@sha256", "digest", /./],
    [`busybox@${SHA256.toUpperCase()}`, "digest", /./],
    [`busybox@${SHA256}0`, "digest", /./],
    [`busybox@sha384:${HEX}`, "digest", /./],
    [`busybox@${SHA256}:tag`, "digest", /./],
    [`busybox@${SHA256}@${SHA256}`, "reference", /one @/],
    ["https://ghcr.io/a/b", "reference", /scheme/],
    ["docker://busybox", "reference", /scheme/],
    [`a/${"b".repeat(5000)}`, "reference", /1024/],
  ])("Q145: refuses %j for its %s", (text, part, message) => {
    const error = thrownBy(text);
    expect(error.part).toBe(part);
    expect(error.message).toMatch(message);
    expect(error.message.length).toBeLessThan(400);
  });

  it.each([
    "https://bob:hunter2@ghcr.io/a/b",
    "bob:hunter2@ghcr.io/a/b",
    "bob:hunter2@ghcr.io/a:1",
    `bob:hunter2@ghcr.io/a@${SHA256}`,
    "bob:hun@ter2@ghcr.io/a",
  ])("does not repeat the password in %s", (text) => {
    expect(thrownBy(text).message).not.toMatch(/hunter2|hun|ter2/);
  });
});

function thrownBy(text: string): InvalidReference {
  try {
    parseReference(text);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidReference);
    return error as InvalidReference;
  }
  throw new Error(`${text} was taken`);
}

describe("sourceReference", () => {
  it.each([
    ["busybox", "docker.io/library/busybox:latest"],
    ["busybox:1", "docker.io/library/busybox:1"],
    [`busybox@${SHA256}`, `docker.io/library/busybox@${SHA256}`],
    [`busybox:1@${SHA256}`, `docker.io/library/busybox:1@${SHA256}`],
  ])("%s is %s", (text, full) => {
    expect(formatReference(sourceReference(text))).toBe(full);
  });
});

describe("destinationReference", () => {
  it.each([
    ["takes the source's tag", "x.io/a", "busybox:1", "x.io/a:1"],
    ["takes the source's default tag", "x.io/a", "busybox", "x.io/a:latest"],
    ["takes the source's tag beside its digest", "x.io/a", `busybox:1@${SHA256}`, "x.io/a:1"],
    ["keeps its own tag", "x.io/a:2", "busybox:1", "x.io/a:2"],
    ["stays without a tag where the source has only a digest", "x.io/a", `busybox@${SHA256}`, "x.io/a"],
    ["keeps a digest as an assertion, without taking a tag", `x.io/a@${SHA256}`, "busybox:1", `x.io/a@${SHA256}`],
    ["keeps tag and digest", `x.io/a:2@${SHA256}`, "busybox:1", `x.io/a:2@${SHA256}`],
  ])("%s", (_, text, source, full) => {
    expect(formatReference(destinationReference(text, sourceReference(source)))).toBe(full);
  });
});

describe("for any text", () => {
  const piece = fc.constantFrom(
    "docker.io",
    "/",
    ":",
    "@",
    ".",
    "-",
    "__",
    "a",
    "A",
    "0",
    "[::1]",
    "5000",
    SHA256,
    "latest",
    "localhost",
    "é",
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
  );

  it("throws nothing but InvalidReference, and gives what reads the same again", () => {
    fc.assert(
      fc.property(text, (input) => {
        let reference: Reference;
        try {
          reference = parseReference(input);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidReference);
          return;
        }
        expect(parseReference(formatReference(reference))).toEqual(reference);
        expect(URL.canParse(`https://${reference.registry}/v2/${reference.repository}/`)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(["a", "a-", "a.", "-", "/", ":", "@", "a/", "[", "0.", "a.a:"])("is done quickly with %j without end", (unit) => {
    const started = performance.now();
    for (const input of [unit.repeat(1_000_000), unit.repeat(1_000).slice(0, 1_020), `${unit.repeat(1_000).slice(0, 1_000)}!/x`]) {
      expect(() => parseReference(input)).toThrow(InvalidReference);
    }
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
