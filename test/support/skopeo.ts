/** skopeo, an independent client: reads back what was copied. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Login } from "./http.ts";
import { onPath } from "./on-path.ts";
import { sha256 } from "./registry/digest.ts";
import type { Descriptor, ManifestBody } from "./registry/manifest-rules.ts";

const run = promisify(execFile);

/** Whether skopeo is on the PATH. Where not, tests that need it are skipped. */
export function hasSkopeo(): boolean {
  return onPath("skopeo") !== undefined;
}

/** The bytes of a manifest or index as skopeo gets them. `reference` is `host:port/repository[:tag|@digest]`. */
export async function skopeoInspectRaw(reference: string, login?: Login): Promise<Buffer> {
  const args = ["inspect", "--raw", "--tls-verify=false", ...credentials("--creds", login), `docker://${reference}`];
  const { stdout } = await run("skopeo", args, { encoding: "buffer", maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** Copies an image with every platform to a folder, as it is. */
async function skopeoCopyToDir(reference: string, folder: string, login?: Login): Promise<void> {
  const args = ["copy", "--all", "--preserve-digests", "--src-tls-verify=false", ...credentials("--src-creds", login)];
  // It wants a policy file, which a bare machine has not.
  await run("skopeo", ["--insecure-policy", ...args, `docker://${reference}`, `dir:${folder}`]);
}

/** What skopeo has read back. Every digest in it was computed from the bytes. */
interface ReadBack {
  /** Digest of the top manifest or index. */
  digest: string;
  manifests: Map<string, Buffer>;
  /** Sizes of configs and layers. */
  blobs: Map<string, number>;
}

/**
 * Reads an image back, every platform of it, and checks all of it: each manifest, config and layer has the digest and
 * the size under which it is named. Fails at the first that has not, or is missing.
 */
export async function readBack(reference: string, login?: Login): Promise<ReadBack> {
  const folder = await mkdtemp(join(tmpdir(), "skopeo-"));
  try {
    await skopeoCopyToDir(reference, folder, login);
    const top = await readFile(join(folder, "manifest.json"));
    const found: ReadBack = { digest: sha256(top), manifests: new Map(), blobs: new Map() };
    const files = await contentFiles(folder);
    await check(top, files, found);
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every file of skopeo's folder by the digest of its bytes. */
async function contentFiles(folder: string): Promise<Map<string, { path: string; size: number }>> {
  const files = new Map<string, { path: string; size: number }>();
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
      hash.update(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
    files.set(`sha256:${hash.digest("hex")}`, { path, size });
  }
  return files;
}

async function check(manifest: Buffer, files: Map<string, { path: string; size: number }>, found: ReadBack): Promise<void> {
  found.manifests.set(sha256(manifest), manifest);
  const { manifests = [], config, layers = [] } = JSON.parse(manifest.toString()) as ManifestBody;
  const named = (descriptor: Descriptor): { path: string; size: number } => {
    const file = files.get(descriptor.digest);
    if (file?.size !== descriptor.size) {
      throw new Error(
        `${descriptor.digest} of ${descriptor.size} bytes was not read back${file === undefined ? "" : ` (${file.size} bytes)`}`,
      );
    }
    return file;
  };
  for (const child of manifests) {
    await check(await readFile(named(child).path), files, found);
  }
  for (const blob of [config, ...layers]) {
    if (blob !== undefined && blob.urls === undefined) {
      found.blobs.set(blob.digest, named(blob).size);
    }
  }
}

function credentials(option: string, login: Login | undefined): string[] {
  return login === undefined ? [] : [option, `${login.user}:${login.password}`];
}
