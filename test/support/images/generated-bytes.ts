/** Bytes that are made when they are read: any number of them, the same for the same seed, from any offset. */
import { createCipheriv, createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { Content } from "../registry/content.ts";

/** `random` cannot be compressed; `zero` can. */
export type Filling = "random" | "zero";

const BLOCK = 16;
const CHUNK = 1024 * 1024;
const ZEROS = Buffer.alloc(CHUNK);

/** Content of `size` bytes that takes no memory. */
export function generatedContent(seed: string, size: number, filling: Filling = "random"): Content {
  return {
    size,
    read: (start, end) => Readable.from(generate(seed, start, end, filling), { objectMode: false, highWaterMark: CHUNK }),
  };
}

/** The digest of generated content; takes about a second per GiB. */
export async function digestOf(content: Content): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of content.read(0, content.size)) {
    hash.update(chunk as Buffer);
  }
  return `sha256:${hash.digest("hex")}`;
}

/** AES in counter mode over zeros: faster than any hash, and the counter can start anywhere. */
function* generate(seed: string, start: number, end: number, filling: Filling): Generator<Buffer> {
  if (filling === "zero") {
    for (let offset = start; offset < end; offset += CHUNK) {
      yield ZEROS.subarray(0, Math.min(CHUNK, end - offset));
    }
    return;
  }
  const counter = Buffer.alloc(BLOCK);
  counter.writeBigUInt64BE(BigInt(Math.floor(start / BLOCK)), BLOCK - 8);
  const cipher = createCipheriv("aes-128-ctr", createHash("sha256").update(seed).digest().subarray(0, BLOCK), counter);
  cipher.update(ZEROS.subarray(0, start % BLOCK));
  for (let offset = start; offset < end; offset += CHUNK) {
    yield cipher.update(ZEROS.subarray(0, Math.min(CHUNK, end - offset)));
  }
}
