/** Quirks 4: manifests, what their answers say and what they leave out. */
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  DOCKER_SCHEMA1,
  DOCKER_SCHEMA1_SIGNED,
  OCI_ARTIFACT_MANIFEST,
  OCI_INDEX,
  OCI_MANIFEST,
} from "../../src/oci/media-types.ts";
import type { ManifestContent } from "../../src/oci/store.ts";
import type { Quirks } from "../support/registry/quirks.ts";
import { BLOB, bearer, Client, CONTENT, failureOf, MANIFEST, PASSWORD, seed, USER, withRegistry } from "./client.ts";

const { digest } = MANIFEST.descriptor;
const encode = (text: string) => new Uint8Array(new TextEncoder().encode(text));

describe("a manifest is resolved and read, byte for byte", () => {
  it.each<[string, Partial<Quirks>, string[]]>([
    ["Q136 by HEAD, which does not count against a pull limit", {}, ["HEAD"]],
    ["Q115 without a digest", { contentDigest: "absent" }, ["HEAD", "GET"]],
    ["Q115 with the digest as bare hex", { contentDigest: "bare-hex" }, ["HEAD", "GET"]],
    ["Q117 with a parameter", { manifestType: "with-parameter" }, ["HEAD"]],
    ["Q118 as plain text", { manifestType: "text/plain" }, ["HEAD", "GET"]],
    ["Q118 as a stream of bytes", { manifestType: "application/octet-stream" }, ["HEAD", "GET"]],
    ["Q118 without a type", { manifestType: "absent" }, ["HEAD", "GET"]],
    ["Q59 where HEAD is denied", { manifestHead: 403 }, ["HEAD", "GET"]],
    ["Q59 where HEAD is not allowed", { manifestHead: 405 }, ["HEAD", "GET"]],
    ["Q59 where HEAD is not implemented", { manifestHead: 501 }, ["HEAD", "GET"]],
    ["Q121 with a HEAD of length 0", { manifestHeadLength: "zero" }, ["HEAD"]],
    ["Q121 with a HEAD without a length", { manifestHeadLength: "absent" }, ["HEAD"]],
    ["Q67 gzipped, though nobody asked for that", { manifestGzip: true }, ["HEAD"]],
  ])("%s", async (_, quirks, methods) => {
    await withRegistry({ quirks }, async (registry) => {
      await seed(registry);
      const { repository } = new Client(registry, { as: "source" });
      expect(await repository.resolve("1")).toMatchObject({ digest, mediaType: OCI_MANIFEST });
      expect((await registry.requests({ path: "manifests" })).map(({ method }) => method)).toEqual(methods);
      for (const reference of ["1", digest]) {
        const fetched = await repository.fetchManifest(reference);
        expect(fetched.descriptor).toEqual(MANIFEST.descriptor);
        expect(fetched.bytes).toEqual(MANIFEST.bytes);
      }
    });
  });

  it("Q67 and no coding is asked for, of it or of anything else", async () => {
    await withRegistry(bearer(), async (registry) => {
      await seed(registry);
      const { repository } = new Client(registry, { as: "source", credentials: { username: USER, password: PASSWORD } });
      await repository.resolve("1");
      await repository.fetchManifest("1");
      await (await repository.openBlob(BLOB, 0)).stream.cancel();
      const requests = await registry.requests();
      expect(requests.map(({ server, method, headers }) => [server, method, headers["accept-encoding"]])).toEqual([
        ["registry", "HEAD", "identity"],
        ["token", "GET", "identity"],
        ["registry", "HEAD", "identity"],
        ["registry", "GET", "identity"],
        ["registry", "GET", "identity"],
      ]);
    });
  });

  it.each([OCI_MANIFEST, OCI_INDEX, OCI_ARTIFACT_MANIFEST, DOCKER_MANIFEST, DOCKER_LIST])(
    "Q113 of the type %s, by tag and by digest",
    async (mediaType) => {
      await withRegistry({}, async (registry) => {
        const bytes = encode(
          JSON.stringify({ schemaVersion: 2, mediaType, manifests: [], layers: [], config: { ...MANIFEST.descriptor } }),
        );
        await registry.putManifest("acme/app", "1", mediaType, bytes);
        const { repository } = new Client(registry, { as: "source" });
        expect((await repository.resolve("1")).mediaType).toBe(mediaType);
        expect((await repository.fetchManifest(digestOf(bytes))).bytes).toEqual(bytes);
      });
    },
  );

  it.each([DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED])("Q113 or resolved alone, of the type %s that can't be copied", async (mediaType) => {
    await withRegistry({}, async (registry) => {
      await registry.putManifest("acme/app", "1", mediaType, encode('{"schemaVersion":1}'));
      const { repository } = new Client(registry, { as: "source" });
      expect((await repository.resolve("1")).mediaType).toBe(mediaType);
    });
  });

  it("Q115 under the digest of its bytes, whatever digest is named with it", async () => {
    await withRegistry({ quirks: { contentDigest: "wrong" } }, async (registry) => {
      await seed(registry);
      const fetched = await new Client(registry, { as: "source" }).repository.fetchManifest("1");
      expect(fetched.descriptor).toEqual(MANIFEST.descriptor);
    });
  });

  it("Q114 and put as it came, whatever white space and order it has", async () => {
    await withRegistry({}, async (registry) => {
      await seed(registry);
      const client = new Client(registry);
      await client.repository.putManifest(await client.repository.fetchManifest("1"), "2");
      expect((await registry.manifest("acme/app", "2"))?.bytes).toEqual(MANIFEST.bytes);
    });
  });
});

describe("a manifest is not taken", () => {
  it("Q115 whose digest is not the one that was asked for", async () => {
    await withRegistry({}, async (registry) => {
      await seed(registry);
      await registry.fail({ method: "GET", path: "manifests", action: { flipBitAt: 20 } });
      const { repository } = new Client(registry, { as: "source" });
      expect(await failureOf(repository.fetchManifest(digest))).toMatchObject({ code: "digest-mismatch", side: "source" });
    });
  });

  it("Q118 whose header and body name two types", async () => {
    await withRegistry({}, async (registry) => {
      await registry.putManifest("acme/app", "1", DOCKER_MANIFEST, MANIFEST.bytes);
      const { repository } = new Client(registry, { as: "source" });
      expect(await failureOf(repository.fetchManifest("1"))).toMatchObject({ code: "manifest-invalid", retry: "never" });
    });
  });

  it("Q120 that is larger than the limit, which is named", async () => {
    await withRegistry({}, async (registry) => {
      await registry.putManifest("acme/app", "1", OCI_MANIFEST, encode(`{"schemaVersion":2,"x":"${"a".repeat(9 * 1024 * 1024)}"}`));
      const { repository } = new Client(registry, { as: "source" });
      const failure = await failureOf(repository.fetchManifest("1"));
      expect(failure).toMatchObject({ code: "manifest-invalid", retry: "never" });
      expect(failure.message).toContain("8388608 bytes");
    });
  });

  it("Q71 that is missing", async () => {
    await withRegistry({}, async (registry) => {
      const { repository } = new Client(registry, { as: "source" });
      expect(await failureOf(repository.resolve("1"))).toMatchObject({ code: "not-found", retry: "never", side: "source" });
    });
  });
});

describe("a manifest is put", () => {
  it.each<[string, Partial<Quirks>, string[]]>([
    ["Q127 by one request", {}, ["PUT 201"]],
    ["Q127 and looked for after a 200", { manifestPutStatus: 200 }, ["PUT 200", "HEAD 200"]],
    ["Q127 and looked for after a 202", { manifestPutStatus: 202 }, ["PUT 202", "HEAD 200"]],
    ["Q115 and read back where no answer names its digest", { contentDigest: "absent" }, ["PUT 201", "HEAD 200", "GET 200"]],
  ])("%s", async (_, quirks, expected) => {
    await withRegistry({ quirks }, async (registry) => {
      await registry.putBlob("acme/app", CONTENT);
      await new Client(registry).repository.putManifest(MANIFEST, "1");
      const requests = await registry.requests({ path: "manifests" });
      expect(requests.map(({ method, status }) => `${method} ${status}`)).toEqual(expected);
      expect(await registry.manifest("acme/app", "1")).toEqual({ mediaType: OCI_MANIFEST, bytes: MANIFEST.bytes });
    });
  });

  it("Q119 with the type that it was pulled with, though it names none itself", async () => {
    await withRegistry({}, async (registry) => {
      await registry.putBlob("acme/app", CONTENT);
      const bytes = encode(new TextDecoder().decode(MANIFEST.bytes).replace(/"mediaType": "[^"]*manifest[^"]*", /, ""));
      await registry.putManifest("acme/app", "1", OCI_MANIFEST, bytes);
      await registry.setQuirks({ manifestType: "with-parameter" });
      const { repository } = new Client(registry);
      await repository.putManifest(await repository.fetchManifest("1"), "2");
      const [put] = await registry.requests({ method: "PUT" });
      expect(put?.headers["content-type"]).toBe(OCI_MANIFEST);
      expect((await registry.manifest("acme/app", "2"))?.bytes).toEqual(bytes);
    });
  });

  it("Q123 by its digest, without a tag", async () => {
    await withRegistry({}, async (registry) => {
      await registry.putBlob("acme/app", CONTENT);
      await new Client(registry).repository.putManifest(MANIFEST, digest);
      expect(await registry.tags("acme/app")).toEqual({});
      expect((await registry.manifest("acme/app", digest))?.bytes).toEqual(MANIFEST.bytes);
    });
  });

  it("Q128 where an immutable tag stands for it already", async () => {
    await withRegistry({ quirks: { existingTag: "ecr" } }, async (registry) => {
      await seed(registry);
      await new Client(registry).repository.putManifest(MANIFEST, "1");
    });
  });
});

describe("a manifest is refused, and the failure says so once and for all", () => {
  it.each<[string, Partial<Quirks>, object]>([
    ["Q128 since the tag may not be changed (ECR)", { existingTag: "ecr" }, { code: "tag-immutable" }],
    ["Q128 since the tag may not be changed (Harbor)", { existingTag: "harbor" }, { code: "tag-immutable" }],
    ["Q128 since the tag may not be changed (Quay)", { existingTag: "quay" }, { code: "tag-immutable" }],
    ["Q128 since the tag is locked (ACR)", { existingTag: "acr" }, { code: "tag-immutable" }],
    ["Q128 since the tag may not be changed (a bare 403)", { existingTag: "denied" }, {}],
    ["Q115 since it is stored under a wrong digest", { contentDigest: "wrong" }, { code: "digest-mismatch" }],
    ["Q120 since it is too large for the registry", { manifestMaxBytes: 10 }, { code: "destination-refused" }],
    ["Q119 since the registry knows no OCI types", { manifestTypes: "docker" }, { code: "destination-refused" }],
    [
      "Q125 since the registry takes no such artifact",
      { refusedConfigTypes: ["application/octet-stream"] },
      { code: "destination-refused" },
    ],
  ])("%s", async (_, quirks, expected) => {
    await withRegistry({ quirks }, async (registry) => {
      await registry.putBlob("acme/app", CONTENT);
      await registry.putManifest("acme/app", "1", OCI_MANIFEST, encode(new TextDecoder().decode(MANIFEST.bytes).trim()));
      const failure = await failureOf(new Client(registry).repository.putManifest(MANIFEST, "1"));
      expect(failure).toMatchObject({ ...expected, retry: "never", side: "destination" });
      expect((await registry.requests({ method: "PUT" })).length).toBe(1);
    });
  });

  it("Q125 in the registry's own words", async () => {
    await withRegistry({}, async (registry) => {
      const body = { errors: [{ code: "MANIFEST_INVALID", message: "manifest invalid", detail: { reason: "artifact type not allowed" } }] };
      await registry.fail({ method: "PUT", times: "always", action: { status: 400, body } });
      const failure = await failureOf(new Client(registry).repository.putManifest(MANIFEST, "1"));
      expect(failure).toMatchObject({ code: "destination-refused", upstream: { status: 400, code: "MANIFEST_INVALID" } });
      expect(failure.message).toContain("artifact type not allowed");
    });
  });

  it("Q127 by a page of HTML that comes as 200", async () => {
    await withRegistry({}, async (registry) => {
      await registry.fail({ method: "PUT", times: "always", action: { html200: true } });
      expect(await failureOf(new Client(registry).repository.putManifest(MANIFEST, "1"))).toMatchObject({ code: "destination-refused" });
    });
  });

  it("Q135 since the registry would store it under another algorithm's digest", async () => {
    await withRegistry({}, async (registry) => {
      const sha512: ManifestContent = { ...MANIFEST, descriptor: { ...MANIFEST.descriptor, digest: digestOf(MANIFEST.bytes, "sha512") } };
      await registry.putBlob("acme/app", CONTENT);
      const failure = await failureOf(new Client(registry).repository.putManifest(sha512, "1"));
      expect(failure).toMatchObject({ code: "unsupported", retry: "never", side: "destination" });
    });
  });
});
