/** What is kept with a job of the manifests that it reads. */
import { describe, expect, test } from "vitest";
import { manifestReader } from "../../../../src/jobs/images/read-manifest.ts";
import { type Digest, digestOf } from "../../../../src/oci/digest.ts";
import { CopyError } from "../../../../src/oci/errors.ts";
import { OCI_MANIFEST } from "../../../../src/oci/media-types.ts";
import type { ContentSource, ManifestContent } from "../../../../src/oci/store.ts";

const manifests = Array.from({ length: 40 }, (_, number): ManifestContent => {
  const bytes = new Uint8Array(new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, number })));
  return { bytes, descriptor: { mediaType: OCI_MANIFEST, digest: digestOf(bytes), size: bytes.byteLength } };
});

/** A reader of a source that gives so many manifests and then asks for patience. */
function readerOf(allowed: number) {
  const kept = new Map<Digest, ManifestContent>();
  const asked: Digest[] = [];
  const source = {
    fetchManifest: async (digest: string) => {
      asked.push(digest as Digest);
      if (asked.length > allowed) {
        throw new CopyError({ code: "rate-limited", message: "Later", retry: "later", waitMs: 60_000 });
      }
      return manifests.find(({ descriptor }) => descriptor.digest === digest) as ManifestContent;
    },
  } as unknown as ContentSource;
  const content = {
    manifest: (digest: Digest) => kept.get(digest),
    addManifest: (manifest: ManifestContent) => void kept.set(manifest.descriptor.digest, manifest),
  };
  const job = { content, cancelled: new AbortController().signal, admit: async () => {} };
  const read = () => manifestReader(source, "a.example", job as unknown as Parameters<typeof manifestReader>[2]);
  return { kept, asked, read };
}

const descriptorOf = (number: number) => (manifests[number] as ManifestContent).descriptor;

describe("manifests that are read", () => {
  test("are kept where the source asks for patience, and not asked for again", async () => {
    const { kept, asked, read } = readerOf(3);
    const first = read();
    const results = await Promise.allSettled([0, 1, 2, 3].map((number) => first(descriptorOf(number))));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected"]);
    expect(kept.size).toBe(3);

    const again = read();
    for (const number of [0, 1, 2]) {
      expect(await again(descriptorOf(number))).toBe(manifests[number]);
    }
    expect(asked).toHaveLength(4);
  });

  test("are left to whoever plans with them where nothing is in the way", async () => {
    const { kept, read } = readerOf(40);
    const reader = read();
    await Promise.all([0, 1, 2].map((number) => reader(descriptorOf(number))));
    expect(kept.size).toBe(0);
  });

  test("are kept now and then where they are many: a process may die", async () => {
    const { kept, read } = readerOf(40);
    const reader = read();
    for (let number = 0; number < 40; number++) {
      await reader(descriptorOf(number));
    }
    expect(kept.size).toBe(32);
  });
});
