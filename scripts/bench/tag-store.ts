/** Puts a repository of many tags straight into a registry's storage: pushing ten thousand images would take longer than all that is measured. */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";

/** Folders and files made at once. */
const AT_ONCE = 64;

/** The name of the tag with this number. */
export function tagName(index: number): string {
  return `1.${index}`;
}

/**
 * Stores `count` tags, each with a manifest of its own, as distribution's filesystem driver does (its `registry/storage/paths.go`). The images share one
 * config and have no layers: what is measured are requests. `changed` tags get other manifests than without it.
 */
export async function storeTags(
  storage: string,
  repository: string,
  count: number,
  changed: ReadonlySet<number> = new Set(),
): Promise<void> {
  const root = join(storage, "docker/registry/v2");
  const own = join(root, "repositories", repository);
  const config = Buffer.from(JSON.stringify({ architecture: "amd64", os: "linux", config: {}, rootfs: { type: "layers", diff_ids: [] } }));
  const digest = await storeBlob(root, config);
  await link(join(own, "_layers", digest.replace(":", "/")), digest);
  const descriptor = { mediaType: CONFIG, digest, size: config.length };
  for (let from = 0; from < count; from += AT_ONCE) {
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - from) }, async (_, offset) => {
        const index = from + offset;
        const annotations = { "org.opencontainers.image.version": `${index}${changed.has(index) ? "-changed" : ""}` };
        const manifest = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config: descriptor, layers: [], annotations });
        const named = await storeBlob(root, Buffer.from(manifest));
        const tag = join(own, "_manifests/tags", tagName(index));
        await Promise.all([
          link(join(own, "_manifests/revisions", named.replace(":", "/")), named),
          link(join(tag, "current"), named),
          link(join(tag, "index", named.replace(":", "/")), named),
        ]);
      }),
    );
  }
}

async function storeBlob(root: string, bytes: Buffer): Promise<string> {
  const hex = createHash("sha256").update(bytes).digest("hex");
  const folder = join(root, "blobs/sha256", hex.slice(0, 2), hex);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "data"), bytes);
  return `sha256:${hex}`;
}

async function link(folder: string, digest: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "link"), digest);
}
