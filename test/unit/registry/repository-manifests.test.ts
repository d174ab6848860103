import { describe, expect, it } from "vitest";
import type { CopyError } from "../../../src/oci/errors.ts";
import { OCI_MANIFEST } from "../../../src/oci/media-types.ts";
import { MANIFEST, MANIFEST_TEXT, NAMED, OTHER_DIGEST, scripted, unavailable } from "./scripted-repository.ts";
import { type Exchange, failureFrom, ociError, type ScriptedAnswer } from "./scripted-transport.ts";

describe("resolving a tag", () => {
  it("takes one HEAD, with a token for pulling alone", async () => {
    const { transport, repository } = scripted("source", [
      {
        request: "HEAD /v2/acme/app/manifests/1",
        scopes: ["repository:acme/app:pull"],
        body: null,
        answer: { status: 200, headers: { ...NAMED, "content-length": "7" } },
      },
    ]);
    expect(await repository.resolve("1")).toEqual({ ...MANIFEST.descriptor, size: 7 });
    transport.expectDone();
  });

  it.each<[string, ScriptedAnswer]>([
    ["Q115: names no digest", { status: 200, headers: { "content-type": OCI_MANIFEST } }],
    ["Q59: is denied", { status: 403 }],
    ["Q59: is not allowed", { status: 405 }],
  ])("asks for the content where the HEAD %s", async (_, answer) => {
    const { transport, repository } = scripted("source", [
      { request: "HEAD /v2/acme/app/manifests/1", answer },
      { request: "GET /v2/acme/app/manifests/1", answer: { status: 200, headers: { "content-type": OCI_MANIFEST }, body: MANIFEST_TEXT } },
    ]);
    expect(await repository.resolve("1")).toEqual(MANIFEST.descriptor);
    transport.expectDone();
  });

  it.each([
    [404, "not-found", "MANIFEST_UNKNOWN"],
    [404, "not-found", "NAME_UNKNOWN"],
  ])("fails at %i with %s, and the %s that only a GET is told", async (status, code, reason) => {
    const { transport, repository } = scripted("source", [
      { request: "HEAD /v2/acme/app/manifests/1", answer: { status } },
      { request: "GET /v2/acme/app/manifests/1", answer: { status, body: ociError(reason) } },
    ]);
    const failure = await failureFrom(repository.resolve("1"));
    expect(failure).toMatchObject({
      code,
      retry: "never",
      side: "source",
      registry: "registry.example",
      upstream: { status, code: reason },
    });
    transport.expectDone();
  });

  it("fails at 401 with access-denied", async () => {
    const { repository } = scripted("source", [{ request: "HEAD /v2/acme/app/manifests/1", answer: { status: 401 } }]);
    expect(await failureFrom(repository.resolve("1"))).toMatchObject({ code: "access-denied", retry: "never", upstream: { status: 401 } });
  });

  it("fails where a page of HTML stands for a registry", async () => {
    const html = { status: 200, headers: { "content-type": "text/html" }, body: "<!doctype html><title>Hello</title>" };
    const { repository } = scripted("source", [
      { request: "HEAD /v2/acme/app/manifests/1", answer: html },
      { request: "GET /v2/acme/app/manifests/1", answer: html },
    ]);
    expect(await failureFrom(repository.resolve("1"))).toMatchObject({ code: "manifest-invalid", side: "source" });
  });
});

describe("looking at a destination's manifest", () => {
  it.each<[string, Exchange[]]>([
    ["the HEAD finds nothing", [{ request: "HEAD /v2/acme/app/manifests/1", answer: { status: 404 } }]],
    [
      "Q59: neither HEAD nor GET may read",
      [
        { request: "HEAD /v2/acme/app/manifests/1", answer: { status: 403 } },
        { request: "GET /v2/acme/app/manifests/1", answer: { status: 403 } },
      ],
    ],
    [
      "Q59: the HEAD is denied and the GET finds nothing",
      [
        { request: "HEAD /v2/acme/app/manifests/1", answer: { status: 403 } },
        { request: "GET /v2/acme/app/manifests/1", answer: { status: 404, body: ociError("MANIFEST_UNKNOWN") } },
      ],
    ],
  ])("finds none where %s", async (_, script) => {
    const { transport, repository } = scripted("target", script);
    expect(await repository.headManifest("1")).toBeUndefined();
    transport.expectDone();
  });

  it("Q26: asks for a token for pulling and pushing", async () => {
    const { repository } = scripted("target", [
      { request: "HEAD /v2/acme/app/manifests/1", scopes: ["repository:acme/app:pull,push"], answer: { status: 200, headers: NAMED } },
    ]);
    expect(await repository.headManifest("1")).toMatchObject({ digest: MANIFEST.descriptor.digest });
  });

  it("fails where no login helped", async () => {
    const { repository } = scripted("target", [{ request: "HEAD /v2/acme/app/manifests/1", answer: { status: 401 } }]);
    expect(await failureFrom(repository.headManifest("1"))).toMatchObject({ code: "access-denied", side: "destination" });
  });
});

describe("putting a manifest", () => {
  const put = { request: "PUT /v2/acme/app/manifests/1", headers: { "content-type": OCI_MANIFEST }, body: MANIFEST_TEXT };

  it("is one request where its answer names the digest", async () => {
    const { transport, repository } = scripted("target", [
      {
        ...put,
        scopes: ["repository:acme/app:pull,push"],
        answer: { status: 201, headers: { "docker-content-digest": MANIFEST.descriptor.digest } },
      },
    ]);
    await repository.putManifest(MANIFEST, "1");
    transport.expectDone();
  });

  it.each<[string, ScriptedAnswer]>([
    ["names no digest", { status: 201 }],
    ["is a 200", { status: 200, headers: { "content-type": "text/html" }, body: "<html>" }],
    ["is a 202", { status: 202, headers: { "docker-content-digest": MANIFEST.descriptor.digest } }],
  ])("Q127: looks for it where the answer %s", async (_, answer) => {
    const { transport, repository } = scripted("target", [
      { ...put, answer },
      { request: "HEAD /v2/acme/app/manifests/1", answer: { status: 200, headers: NAMED } },
    ]);
    await repository.putManifest(MANIFEST, "1");
    transport.expectDone();
  });

  it.each<[string, ScriptedAnswer, object]>([
    ["it is not there", { status: 404 }, { code: "destination-refused", retry: "later", upstream: { status: 200 } }],
    [
      "another one is",
      { status: 200, headers: { ...NAMED, "docker-content-digest": OTHER_DIGEST } },
      { code: "digest-mismatch", retry: "never" },
    ],
  ])("Q127: fails after a 200 where %s", async (_, head, expected) => {
    const { repository } = scripted("target", [
      { ...put, answer: { status: 200 } },
      { request: "HEAD /v2/acme/app/manifests/1", answer: head },
    ]);
    expect(await failureFrom(repository.putManifest(MANIFEST, "1"))).toMatchObject({ ...expected, side: "destination" });
  });

  it("fails where the registry has stored it under another digest", async () => {
    const { repository } = scripted("target", [{ ...put, answer: { status: 201, headers: { "docker-content-digest": OTHER_DIGEST } } }]);
    expect(await failureFrom(repository.putManifest(MANIFEST, "1"))).toMatchObject({ code: "digest-mismatch" });
  });

  it("Q128: is done where an immutable tag stands for it already", async () => {
    const { transport, repository } = scripted("target", [
      { ...put, answer: { status: 400, body: ociError("TAG_INVALID", "The image tag '1' already exists") } },
      { request: "HEAD /v2/acme/app/manifests/1", answer: { status: 200, headers: NAMED } },
    ]);
    await repository.putManifest(MANIFEST, "1");
    transport.expectDone();
  });

  it.each<[string, ScriptedAnswer | CopyError, object]>([
    ["Q128: an immutable tag", { status: 400, body: ociError("TAG_INVALID") }, { code: "tag-immutable", retry: "never" }],
    [
      "Q125: a type that is not taken",
      { status: 400, body: ociError("MANIFEST_INVALID", "unknown config") },
      { code: "destination-refused", upstream: { status: 400, code: "MANIFEST_INVALID", message: "unknown config" } },
    ],
    ["a registry that broke down", unavailable(500), { code: "registry-unavailable", retry: "later" }],
  ])("fails with %s, once the tag was found to be another's", async (_, answer, expected) => {
    const { transport, repository } = scripted("target", [
      { ...put, answer },
      { request: "HEAD /v2/acme/app/manifests/1", answer: { status: 200, headers: { ...NAMED, "docker-content-digest": OTHER_DIGEST } } },
    ]);
    expect(await failureFrom(repository.putManifest(MANIFEST, "1"))).toMatchObject(expected);
    transport.expectDone();
  });

  it("fails at once where it is denied", async () => {
    const { transport, repository } = scripted("target", [{ ...put, answer: { status: 403, body: ociError("DENIED") } }]);
    expect(await failureFrom(repository.putManifest(MANIFEST, "1"))).toMatchObject({ code: "access-denied" });
    transport.expectDone();
  });
});
