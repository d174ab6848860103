/** An image of real layers, tar files packed by gzip, as an OCI layout on disk: for tools that unpack what they copy. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";

const run = promisify(execFile);

interface Stored {
  mediaType: string;
  digest: string;
  size: number;
}

/** Writes a layout with one index, tagged `1`, of an image for each platform (`os/arch`). `folder` must exist. */
export async function writeLayout(folder: string, platforms: readonly string[]): Promise<void> {
  await mkdir(join(folder, "blobs", "sha256"), { recursive: true });
  const store = async (mediaType: string, bytes: Buffer): Promise<Stored> => {
    const hex = sha256(bytes);
    await writeFile(join(folder, "blobs", "sha256", hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const json = (mediaType: string, value: object) => store(mediaType, Buffer.from(JSON.stringify(value)));
  const manifests: object[] = [];
  for (const platform of platforms) {
    const [os, architecture] = platform.split("/");
    const tar = await tarOf({ "etc/platform": platform, "bin/busybox": `not really ${platform} `.repeat(2_000) });
    const layer = await store("application/vnd.oci.image.layer.v1.tar+gzip", gzipSync(tar, { level: 1 }));
    const config = await json("application/vnd.oci.image.config.v1+json", {
      architecture,
      os,
      config: { Cmd: ["sh"] },
      rootfs: { type: "layers", diff_ids: [`sha256:${sha256(tar)}`] },
      history: [{ created_by: "a test" }],
    });
    const manifest = await json("application/vnd.oci.image.manifest.v1+json", {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config,
      layers: [layer],
    });
    manifests.push({ ...manifest, platform: { os, architecture } });
  }
  const index = await json("application/vnd.oci.image.index.v1+json", {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests,
  });
  await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  const top = { ...index, annotations: { "org.opencontainers.image.ref.name": "1" } };
  await writeFile(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [top] }));
}

async function tarOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "layer-"));
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(folder, path, ".."), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    const { stdout } = await run(
      "tar",
      ["-C", folder, "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "-cf", "-", "."],
      {
        encoding: "buffer",
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
