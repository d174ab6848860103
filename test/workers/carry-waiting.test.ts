/** The byte loop and time: reading beside writing, sides that say nothing, and the end of a carry that nobody wants any more. */
import { describe, expect, it, test } from "vitest";
import { type CarryOptions, CHUNK_BYTES, carry } from "../../src/copy/carry.ts";
import { COMMIT_MS, STALL_MS } from "../../src/copy/stall.ts";
import type { Effects } from "../../src/net/effects.ts";
import { DEFAULT_RETRY_POLICY } from "../../src/net/retry-policy.ts";
import { CopyError } from "../../src/oci/errors.ts";
import type { BlobSource } from "../../src/oci/store.ts";
import { afterBySleep } from "../support/after-by-sleep.ts";
import { blobOf, MemorySource, seededBytes } from "../support/memory-source.ts";
import { isSame, MemoryUpload } from "../support/memory-upload.ts";
import { quickEffects } from "../support/quick-effects.ts";

const MIB = CHUNK_BYTES;
const CONTENT = seededBytes(5 * MIB, 3);
const BLOB = blobOf(CONTENT);
const CANCELLED = new CopyError({ code: "cancelled", message: "Enough", retry: "never" });

/** Never settles. */
const forever = () => new Promise<never>(() => {});

/** Turns of the event loop after which memory that has given nothing will never give anything. */
const IDLE_TURNS = 20;

/** A clock whose long waits are over once something hangs for good and nothing else moves any more. */
class HurriedClock {
  /** Every wait that was begun, in milliseconds. */
  readonly waits: number[] = [];
  readonly #open = new Set<() => void>();

  readonly effects: Effects = {
    ...quickEffects,
    sleep: (ms, signal) => {
      this.waits.push(ms);
      return ms < STALL_MS ? quickEffects.sleep(ms, signal) : this.#wait(signal);
    },
    after: (ms, run) => afterBySleep(this.effects.sleep)(ms, run),
  };

  /** Never settles, and lets the clock run on. */
  async hang(): Promise<never> {
    let last: (() => void)[] = [];
    for (let turn = 0; turn < IDLE_TURNS; turn++) {
      await new Promise((resolve) => setTimeout(resolve));
      const now = [...this.#open];
      turn = now.length === last.length && now.every((wait, index) => wait === last[index]) ? turn : 0;
      last = now;
    }
    for (const over of last) {
      over();
    }
    return await forever();
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#open.add(resolve);
    signal?.addEventListener("abort", () => {
      this.#open.delete(resolve);
      reject(signal.reason);
    });
    return promise;
  }
}

function start(source: BlobSource, upload: MemoryUpload, more: Partial<CarryOptions> = {}): Promise<void> {
  return carry(BLOB, source, upload, {
    effects: quickEffects,
    retry: DEFAULT_RETRY_POLICY,
    signal: new AbortController().signal,
    ...more,
  });
}

describe("reading goes on beside a write", () => {
  test("one chunk ahead and no further, and never into a buffer that is being sent", async () => {
    const source = new MemorySource(CONTENT);
    const upload = new MemoryUpload();
    const given: number[] = [];
    const read = new Map<number, PromiseWithResolvers<void>>();
    const readUpTo = (chunks: number) => {
      const gate = read.get(chunks) ?? Promise.withResolvers<void>();
      read.set(chunks, gate);
      return gate;
    };
    let chunks = 0;
    // Write n ends only once chunk n + 1 was read: a loop that waits for the write first never comes to its end.
    upload.takes = async (call) => {
      if (call < 5) {
        await readUpTo(call + 1).promise;
        given.push(source.given / MIB);
      }
    };
    await start(source, upload, { onRead: () => readUpTo(++chunks).resolve() });
    expect(isSame(CONTENT, upload.committed)).toBe(true);
    expect(upload.disturbed).toBe(0);
    expect(given).toEqual([2, 3, 4, 5]);
  });

  test("writes never overlap", async () => {
    const upload = new MemoryUpload();
    let open = 0;
    const most: number[] = [];
    upload.takes = async () => {
      most.push(++open);
      await new Promise((resolve) => setTimeout(resolve));
      open--;
    };
    await start(new MemorySource(CONTENT), upload);
    expect(most).toEqual([1, 1, 1, 1, 1]);
    expect(upload.disturbed).toBe(0);
  });

  test("a write that failed after the source did is what decides where to go on", async () => {
    const source = new MemorySource(CONTENT);
    const upload = new MemoryUpload();
    source.faults = [{ breaksAt: 3.5 * MIB }];
    // Chunk 3 is under way while the source breaks off, and then fails as well.
    upload.faults = [{ at: 3 * MIB, holds: 2.5 * MIB }];
    upload.takes = async (call) => {
      await (call === 3 ? new Promise((resolve) => setTimeout(resolve)) : undefined);
    };
    await start(source, upload);
    expect(isSame(CONTENT, upload.committed)).toBe(true);
    expect(upload.resumed).toEqual([2.5 * MIB]);
  });
});

describe("a side that says nothing for too long", () => {
  test("is the source: it is opened again, and the carry goes on", async () => {
    const clock = new HurriedClock();
    const source = new MemorySource(CONTENT);
    const { openBlob } = source;
    let opened = 0;
    let cancelled = 0;
    source.openBlob = async (blob, offset) => {
      if (++opened === 1) {
        const stream = new ReadableStream({
          type: "bytes",
          pull: () => clock.hang(),
          cancel: () => {
            cancelled++;
          },
        });
        return { stream, offset: 0 };
      }
      return openBlob.call(source, blob, offset);
    };
    const upload = new MemoryUpload();
    await start(source, upload, { effects: clock.effects });
    expect([opened, cancelled]).toEqual([2, 1]);
    expect(isSame(CONTENT, upload.committed)).toBe(true);
  });

  it.each([
    { what: "in a write", call: 2, held: MIB },
    { what: "in the commit", call: 5, held: 4 * MIB },
  ])("is the destination $what: it is asked what it holds", async ({ call, held }) => {
    const clock = new HurriedClock();
    const upload = new MemoryUpload();
    upload.takes = (number) => (number === call ? clock.hang() : Promise.resolve());
    await start(new MemorySource(CONTENT), upload, { effects: clock.effects });
    expect(upload.resumed).toEqual([held]);
    expect(isSame(CONTENT, upload.committed)).toBe(true);
  });

  test("fails with a timeout that names the side, once there were too many of them", async () => {
    const clock = new HurriedClock();
    const upload = new MemoryUpload();
    upload.takes = () => clock.hang();
    const failure = {
      code: "timeout",
      side: "destination",
      retry: "later",
      message: expect.stringMatching(/^The destination did not get on within 60 s/),
    };
    await expect(start(new MemorySource(CONTENT), upload, { effects: clock.effects })).rejects.toMatchObject({ failure });
    expect(upload.resumed).toHaveLength(DEFAULT_RETRY_POLICY.maxAttempts - 1);
  });

  test("gets as long as was asked for, and a commit more", async () => {
    const clock = new HurriedClock();
    await start(new MemorySource(CONTENT), new MemoryUpload(), { effects: clock.effects, stallMs: 31_000 });
    expect(new Set(clock.waits)).toEqual(new Set([31_000, COMMIT_MS]));
    expect(clock.waits.filter((ms) => ms === COMMIT_MS)).toHaveLength(1);
  });
});

describe("an abort", () => {
  const places: [string, (abort: () => void) => { source: MemorySource; upload: MemoryUpload }][] = [
    [
      "while the source is being opened",
      (abort) => {
        const source = new MemorySource(CONTENT);
        source.openBlob = () => {
          abort();
          return forever();
        };
        return { source, upload: new MemoryUpload() };
      },
    ],
    [
      "while the source says nothing",
      (abort) => {
        const source = new MemorySource(CONTENT);
        const stream = new ReadableStream({
          type: "bytes",
          pull: () => {
            abort();
            return forever();
          },
        });
        source.openBlob = async () => ({ stream, offset: 0 });
        return { source, upload: new MemoryUpload() };
      },
    ],
    ...[1, 3, 5].map((number): [string, (abort: () => void) => { source: MemorySource; upload: MemoryUpload }] => [
      number === 5 ? "while the commit is under way" : `while write ${number} is under way`,
      (abort) => {
        const upload = new MemoryUpload();
        upload.takes = (call) => {
          if (call < number) {
            return Promise.resolve();
          }
          abort();
          return forever();
        };
        return { source: new MemorySource(CONTENT), upload };
      },
    ]),
  ];

  it.each(places)("%s ends the carry with the signal's reason", async (_, prepare) => {
    const stop = new AbortController();
    const { source, upload } = prepare(() => stop.abort(CANCELLED));
    await expect(start(source, upload, { signal: stop.signal })).rejects.toBe(CANCELLED);
    expect(upload.committed).toBeUndefined();
    expect(upload.resumed).toEqual([]);
  });

  test("before the first byte touches neither side", async () => {
    const source = new MemorySource(CONTENT);
    const upload = new MemoryUpload();
    await expect(start(source, upload, { signal: AbortSignal.abort(CANCELLED) })).rejects.toBe(CANCELLED);
    expect([source.given, upload.writes, upload.finishes]).toEqual([0, [], []]);
  });
});
