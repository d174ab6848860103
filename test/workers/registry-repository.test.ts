/** Manifests, reads and mounts on real sockets, with every way in which registries differ. */
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import { CopyError } from "../../src/oci/errors.ts";
import { OCI_MANIFEST } from "../../src/oci/media-types.ts";
import type { ManifestContent } from "../../src/oci/store.ts";
import { blobOf, seededBytes } from "../support/memory-source.ts";
import type { Quirks } from "../support/registry/quirks.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";
import { Client, isSame, layer, withRegistry } from "./registry-fixture.ts";

const content = seededBytes(300_000, 7);
const blob = blobOf(content);
const text = `{\n   "layers": [], "config": ${JSON.stringify({ ...blob })},\n "mediaType": "${OCI_MANIFEST}", "schemaVersion": 2 }\n`;
const bytes = new Uint8Array(new TextEncoder().encode(text));
const manifest: ManifestContent = { descriptor: { mediaType: OCI_MANIFEST, digest: digestOf(bytes), size: bytes.byteLength }, bytes };

async function seeded(registry: RemoteRegistry): Promise<void> {
  await registry.putBlob("acme/app", content);
  await registry.putManifest("acme/app", "1", OCI_MANIFEST, bytes);
}

async function failureOf(work: Promise<unknown>): Promise<CopyError["failure"]> {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CopyError);
  return (error as CopyError).failure;
}

/** Reads the way a copy does, with buffers of its own. */
async function read(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = stream.getReader({ mode: "byob" });
  const parts: Uint8Array[] = [];
  for (;;) {
    const { value } = await reader.readAtLeast(64 * 1024, new Uint8Array(64 * 1024));
    if (value === undefined || value.byteLength === 0) {
      return new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    }
    parts.push(value);
    if (value.byteLength < 64 * 1024) {
      return new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    }
  }
}

describe("a manifest is resolved and read", () => {
  it.each<[string, Partial<Quirks>, string[]]>([
    ["by HEAD", {}, ["HEAD"]],
    ["Q115: without a digest", { contentDigest: "absent" }, ["HEAD", "GET"]],
    ["Q115: with the digest as bare hex", { contentDigest: "bare-hex" }, ["HEAD", "GET"]],
    ["Q117: with a parameter", { manifestType: "with-parameter" }, ["HEAD"]],
    ["Q118: as plain text", { manifestType: "text/plain" }, ["HEAD", "GET"]],
    ["Q118: without a type", { manifestType: "absent" }, ["HEAD", "GET"]],
    ["Q59: where HEAD is denied", { manifestHead: 403 }, ["HEAD", "GET"]],
    ["Q59: where HEAD is not allowed", { manifestHead: 405 }, ["HEAD", "GET"]],
    ["Q121: with a HEAD of no length", { manifestHeadLength: "zero" }, ["HEAD"]],
    ["Q67: gzipped unasked", { manifestGzip: true }, ["HEAD"]],
  ])("%s", async (_, quirks, methods) => {
    await withRegistry({ quirks }, async (registry) => {
      await seeded(registry);
      const { repository } = new Client(registry, {}, "source");
      const { digest, mediaType } = await repository.resolve("1");
      expect({ digest, mediaType }).toEqual({ digest: manifest.descriptor.digest, mediaType: OCI_MANIFEST });
      expect((await registry.requests({ path: "manifests" })).map(({ method }) => method)).toEqual(methods);
      for (const reference of ["1", digest]) {
        const fetched = await repository.fetchManifest(reference);
        expect(fetched.descriptor).toEqual(manifest.descriptor);
        expect(new TextDecoder().decode(fetched.bytes)).toBe(text);
      }
    });
  });

  it("fails where a digest brings other bytes", async () => {
    await withRegistry({}, async (registry) => {
      await seeded(registry);
      await registry.fail({ method: "GET", path: "manifests", action: { flipBitAt: 20 } });
      const { repository } = new Client(registry, {}, "source");
      expect(await failureOf(repository.fetchManifest(manifest.descriptor.digest))).toMatchObject({
        code: "digest-mismatch",
        side: "source",
      });
    });
  });

  it("fails with what may pass where its body breaks off", async () => {
    await withRegistry({}, async (registry) => {
      await seeded(registry);
      await registry.fail({ method: "GET", path: "manifests", times: "always", action: { truncateAfter: 20 } });
      const { repository } = new Client(registry, {}, "source");
      expect(await failureOf(repository.fetchManifest("1"))).toMatchObject({
        code: "registry-unavailable",
        retry: "later",
        side: "source",
      });
    });
  });
});

describe("a manifest is put", () => {
  it.each<[string, Partial<Quirks>, string[]]>([
    ["by one request", {}, ["PUT 201"]],
    ["Q127: and looked for after a 200", { manifestPutStatus: 200 }, ["PUT 200", "HEAD 200"]],
    ["Q127: and looked for after a 202", { manifestPutStatus: 202 }, ["PUT 202", "HEAD 200"]],
    ["Q115: and read back where no answer names its digest", { contentDigest: "absent" }, ["PUT 201", "HEAD 200", "GET 200"]],
  ])("%s", async (_, quirks, expected) => {
    await withRegistry({ quirks }, async (registry) => {
      await registry.putBlob("acme/app", content);
      await new Client(registry).repository.putManifest(manifest, "1");
      const requests = await registry.requests({ path: "manifests" });
      expect(requests.map(({ method, status }) => `${method} ${status}`)).toEqual(expected);
      expect(await registry.manifest("acme/app", "1")).toEqual({ mediaType: OCI_MANIFEST, bytes });
    });
  });

  it("where the answer is lost", async () => {
    await withRegistry({}, async (registry) => {
      await registry.putBlob("acme/app", content);
      await registry.fail({ method: "PUT", times: "always", action: { dropConnection: "after-handling" } });
      await new Client(registry).repository.putManifest(manifest, "1");
    });
  });

  it("Q128: where an immutable tag stands for it already", async () => {
    await withRegistry({ quirks: { existingTag: "ecr" } }, async (registry) => {
      await seeded(registry);
      await new Client(registry).repository.putManifest(manifest, "1");
    });
  });

  it.each<[string, Partial<Quirks>, object]>([
    ["Q128: the tag may not be changed (ECR)", { existingTag: "ecr" }, { code: "tag-immutable", retry: "never" }],
    ["Q128: the tag may not be changed (Harbor)", { existingTag: "harbor" }, { code: "tag-immutable", retry: "never" }],
    ["its answer names a wrong digest", { contentDigest: "wrong" }, { code: "digest-mismatch", retry: "never" }],
    ["Q120: it is too large for the registry", { manifestMaxBytes: 10 }, { code: "destination-refused", retry: "never" }],
  ])("not where %s", async (_, quirks, expected) => {
    await withRegistry({ quirks }, async (registry) => {
      await registry.putBlob("acme/app", content);
      await registry.putManifest("acme/app", "1", OCI_MANIFEST, new Uint8Array(new TextEncoder().encode(text.trim())));
      expect(await failureOf(new Client(registry).repository.putManifest(manifest, "1"))).toMatchObject({
        ...expected,
        side: "destination",
      });
    });
  });
});

describe("a blob is read", () => {
  const everywhere: [string, Partial<Quirks>][] = [
    ["as it is", {}],
    ["Q65: without a length", { blobLength: false }],
    ["Q54: from a storage host that minds credentials", { blobRedirect: { status: 307 } }],
    ["Q56: by a relative redirect", { blobRedirect: { status: 302, relative: true } }],
    ["Q67: gzipped unasked", { blobGzip: true }],
  ];
  it.each<[string, Partial<Quirks>, number | undefined]>([
    ...everywhere.map(([name, quirks]): [string, Partial<Quirks>, undefined] => [name, quirks, undefined]),
    ["Q61: whole, where a range is ignored", { blobRange: "ignored" }, 0],
    ["Q62: whole, where the range is another", { blobRange: "shifted" }, 0],
    ["Q62: from the middle, without Content-Range", { blobRange: "no-content-range" }, undefined],
    ["Q62: from the middle of an unknown whole", { blobRange: "no-total" }, undefined],
    ["Q63: whole, where a range is a 416", { blobRange: 416 }, 0],
    ["Q63: whole, where a range is a 400", { blobRange: 400 }, 0],
  ])("%s", async (_, quirks, offset) => {
    await withRegistry({ quirks }, async (registry) => {
      await seeded(registry);
      const { repository } = new Client(registry, {}, "source");
      const whole = await repository.openBlob(blob, 0);
      expect(isSame(content, await read(whole.stream))).toBe(true);
      const rest = await repository.openBlob(blob, 100_000);
      expect([offset ?? 100_000, 0]).toContain(rest.offset);
      expect(isSame(content.subarray(rest.offset), await read(rest.stream))).toBe(true);
    });
  });

  it.each<[string, object, object]>([
    ["too short", { truncateAfter: 100, lengthFits: true }, { code: "size-mismatch", retry: "never" }],
    ["too long", { extraBytes: 1 }, { code: "size-mismatch", retry: "never" }],
    ["missing", { status: 404, body: { errors: [{ code: "BLOB_UNKNOWN" }] } }, { code: "not-found", retry: "never" }],
  ])("not where it is %s", async (_, action, expected) => {
    await withRegistry({}, async (registry) => {
      await seeded(registry);
      await registry.fail({ method: "GET", path: "blobs", action });
      const { repository } = new Client(registry, {}, "source");
      expect(await failureOf(repository.openBlob(blob, 0))).toMatchObject({ ...expected, side: "source", registry: registry.host });
    });
  });
});

describe("a layer is mounted", () => {
  const mine = layer(8);

  it.each<[string, Quirks["mount"], string, string[]]>([
    ["by one request", "done", "mounted", ["POST 201"]],
    ["Q108: or sent in the upload that was begun instead", "session", "copied", ["POST 202", "PUT 201"]],
    ["Q108: or sent where that has no place", "session-without-location", "copied", ["POST 202", "POST 202", "PUT 201"]],
    ["Q111: or sent where mounts are bad requests", 400, "copied", ["POST 400", "POST 202", "PUT 201"]],
    ["Q28: or sent where a mount is denied", 401, "copied", ["POST 401", "POST 202", "PUT 201"]],
    ["Q111: or sent where mounts are not allowed", 405, "copied", ["POST 405", "POST 202", "PUT 201"]],
  ])("%s", async (_, mount, placement, requests) => {
    await withRegistry({ quirks: { mount } }, async (registry) => {
      await registry.putBlob("acme/base", mine);
      const client = new Client(registry);
      expect(await client.place(mine, undefined, "acme/base")).toBe(placement);
      expect(await client.uploadRequests()).toEqual(requests);
      expect(isSame(mine, await registry.blob("acme/app", blobOf(mine).digest))).toBe(true);
      expect((await registry.counts()).openUploads).toBe(0);
    });
  });

  it("Q80: and a repository that has to be made first is said to be missing", async () => {
    await withRegistry({ quirks: { repositories: "must-exist-drop" } }, async (registry) => {
      const failure = await failureOf(new Client(registry).place(mine));
      expect(failure).toMatchObject({ code: "not-found", retry: "never", side: "destination" });
      expect(failure.message).toContain("created");
    });
  });
});
