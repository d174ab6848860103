/** Generates an image of a given size and pushes it while it is being generated, so that its size needs neither memory nor disk. */
import { createCipheriv, createHash } from "node:crypto";
import { request } from "node:http";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { BENCH_AGENT } from "./bench-registry.ts";

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

/** Bytes that are made, hashed and sent in one go. */
const PIECE_BYTES = 1024 * 1024;

/** An image that {@link pushImage} has pushed. */
export interface BenchImage {
  /** Below the registry's host. */
  repository: string;
  tag: string;
  digest: string;
  layers: number;
  /** All blobs together, as they are stored. */
  bytes: number;
}

interface Blob {
  digest: string;
  size: number;
  diffId: string;
}

/**
 * Pushes an image of `layers` layers, `bytes` in all, of data that does not compress; the same arguments give the same image.
 * Each layer is a real one, a gzip of a tar with one file, since some copiers look inside. Rejects where the registry refuses.
 */
export async function pushImage(registry: string, repository: string, layers: number, bytes: number): Promise<BenchImage> {
  const base = `${registry}/v2/${repository}`;
  const blobs: Blob[] = [];
  for (let index = 0; index < layers; index += 1) {
    blobs.push(await pushLayer(base, `${repository}/${index}`, Math.max(1024, Math.floor(bytes / layers) - 2048)));
  }
  const config = await pushBytes(base, {
    architecture: "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: blobs.map((blob) => blob.diffId) },
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: CONFIG, digest: config.digest, size: config.size },
      layers: blobs.map(({ digest, size }) => ({ mediaType: LAYER, digest, size })),
    }),
  );
  await send("PUT", `${base}/manifests/latest`, { "content-type": MANIFEST, "content-length": manifest.length }, Readable.from([manifest]));
  return {
    repository,
    tag: "latest",
    digest: digestOf(manifest),
    layers,
    bytes: blobs.reduce((sum, blob) => sum + blob.size, config.size),
  };
}

/** Uploads one layer as a single stream. Its digest is only known, and sent, at the end. */
async function pushLayer(base: string, seed: string, fileBytes: number): Promise<Blob> {
  const diffId = createHash("sha256");
  const digest = createHash("sha256");
  let size = 0;
  const untarred = tap((piece) => diffId.update(piece));
  const zipped = tap((piece) => {
    digest.update(piece);
    size += piece.length;
  });
  const session = await send("POST", `${base}/blobs/uploads/`, { "content-length": 0 });
  const body = Readable.from(tarPieces(seed, fileBytes), { objectMode: false });
  const piped = pipeline(body, untarred, createGzip({ level: 0, chunkSize: PIECE_BYTES }), zipped);
  const [patched] = await Promise.all([
    send("PATCH", new URL(session, base).href, { "content-type": "application/octet-stream" }, zipped),
    piped,
  ]);
  const blob = { digest: `sha256:${digest.digest("hex")}`, size, diffId: `sha256:${diffId.digest("hex")}` };
  await commit(base, patched, blob.digest);
  return blob;
}

async function pushBytes(base: string, value: unknown): Promise<Blob> {
  const bytes = Buffer.from(JSON.stringify(value));
  const digest = digestOf(bytes);
  await commit(base, await send("POST", `${base}/blobs/uploads/`, { "content-length": 0 }), digest, bytes);
  return { digest, size: bytes.length, diffId: digest };
}

async function commit(base: string, location: string, digest: string, bytes = Buffer.alloc(0)): Promise<void> {
  const url = new URL(location, base);
  url.searchParams.set("digest", digest);
  await send("PUT", url.href, { "content-length": bytes.length }, Readable.from([bytes]));
}

/** A tar archive with one file (POSIX ustar): header, data up to a full block, two blocks of zeros. */
function* tarPieces(seed: string, bytes: number): Generator<Buffer> {
  const header = Buffer.alloc(512);
  header.write("data.bin", 0);
  header.write("0000644\0" + "0000000\0" + "0000000\0", 100);
  // Twelve octal digits, or from 8 GiB on a binary number marked by its first bit (GNU tar).
  if (bytes < 8 ** 11) {
    header.write(`${bytes.toString(8).padStart(11, "0")}\0`, 124);
  } else {
    header.writeUInt8(0x80, 124);
    header.writeBigUInt64BE(BigInt(bytes), 128);
  }
  header.write("00000000000\0", 136);
  header.write("        0", 148);
  header.write("ustar\0" + "00", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  yield header;
  // Counter mode over zeros: as good as random for every compressor, and faster than anything else here.
  const cipher = createCipheriv("aes-128-ctr", createHash("md5").update(seed).digest(), Buffer.alloc(16));
  const zeros = Buffer.alloc(PIECE_BYTES);
  for (let left = bytes; left > 0; left -= PIECE_BYTES) {
    yield cipher.update(left >= PIECE_BYTES ? zeros : zeros.subarray(0, left));
  }
  yield Buffer.alloc(((512 - (bytes % 512)) % 512) + 1024);
}

function tap(see: (piece: Buffer) => void): Transform {
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      see(piece);
      done(null, piece);
    },
  });
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Sends a request. Returns the response's `Location`, empty where it has none. Rejects where the status is not one of success. */
function send(method: string, url: string, headers: Record<string, string | number>, body?: Readable | Transform): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...headers, "user-agent": BENCH_AGENT } }, (answer) => {
      const text: Buffer[] = [];
      answer.on("data", (piece: Buffer) => text.push(piece));
      answer.on("error", reject);
      answer.on("end", () => {
        if (answer.statusCode !== undefined && answer.statusCode < 300) {
          resolve(answer.headers.location ?? "");
        } else {
          reject(new Error(`${method} ${url}: ${answer.statusCode} ${Buffer.concat(text)}`));
        }
      });
    });
    sent.on("error", reject);
    if (body === undefined) {
      sent.end();
    } else {
      body.pipe(sent);
    }
  });
}
