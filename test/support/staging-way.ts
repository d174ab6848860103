/** One blob's way into the stage of the local runtime, slice by slice, with everything that a job would keep. */
import { env } from "cloudflare:workers";
import { HashMemory } from "../../src/copy/hash-memory.ts";
import { type StageOptions, stageBlob } from "../../src/copy/stage-blob.ts";
import { DEFAULT_RETRY_POLICY } from "../../src/net/retry-policy.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import type { StageProgress } from "../../src/oci/stage.ts";
import { R2Stage } from "../../src/staging/r2-stage.ts";
import { type FaultyBucket, faultyBucket } from "./faulty-bucket.ts";
import { blobOf, MemorySource, seededBytes } from "./memory-source.ts";
import { quickEffects } from "./quick-effects.ts";

export const MIB = 1024 * 1024;

/** The least that R2 takes. */
export const PART = 5 * MIB;

/** Two full parts and one short one that is no whole number of reads. */
export const CONTENT = seededBytes(2 * PART + 77, 1);
export const BLOB = blobOf(CONTENT);

/** All keys once the blob is staged. */
export const SCHEMA = [`blobs/sha256/${BLOB.digest.slice(7)}`, `checked/sha256/${BLOB.digest.slice(7)}`];

export class StagingWay {
  readonly r2: FaultyBucket = faultyBucket(env.STAGE);
  readonly stage = new R2Stage({ bucket: this.r2.bucket, now: () => Date.now(), partSize: () => PART });
  readonly source: MemorySource;
  readonly blob: Descriptor;
  readonly checkpoints: StageProgress[] = [];
  memory = new HashMemory();
  progress: StageProgress | undefined;
  read = 0;

  constructor(content = CONTENT, blob = BLOB) {
    this.source = new MemorySource(content);
    this.blob = blob;
  }

  /** One slice that has time until so many more bytes are read. */
  async slice(bytes = Number.POSITIVE_INFINITY, more: Partial<StageOptions> = {}): Promise<"staged" | "stopped"> {
    const end = this.read + bytes;
    return await stageBlob(this.blob, this.source, this.stage, {
      effects: quickEffects,
      retry: DEFAULT_RETRY_POLICY,
      signal: new AbortController().signal,
      hasTime: () => this.read < end,
      onRead: (count) => {
        this.read += count;
      },
      onCheckpoint: (progress) => {
        this.progress = JSON.parse(JSON.stringify(progress));
        this.checkpoints.push(progress);
      },
      memory: this.memory,
      ...(this.progress === undefined ? {} : { progress: this.progress }),
      ...more,
    });
  }

  /** What a process that was killed leaves: the checkpoint, and nothing in memory. */
  crash(): void {
    this.memory = new HashMemory();
  }

  async keys(): Promise<string[]> {
    return (await env.STAGE.list()).objects.map(({ key }) => key);
  }

  /** The staged bytes' digest, as a reader of the stage gets them. */
  async staged(offset = 0): Promise<string> {
    const { stream } = await this.stage.openBlob(this.blob, offset);
    return digestOf(new Uint8Array(await new Response(stream).arrayBuffer()));
  }

  uploads(): number {
    return this.r2.count("createMultipartUpload");
  }
}
