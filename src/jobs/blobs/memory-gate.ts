/** Shares out the memory of an isolate among the carriers of all its jobs. */
import { CHUNK_BYTES } from "../../copy/carry.ts";
import { untilAborted } from "../../net/abort.ts";

/**
 * What carriers may take together, in bytes: half of an isolate's 128 MB (Workers limits, "Memory"), the rest being for manifests, the
 * code and what has not been collected yet.
 */
export const CARRIERS_BYTES = 64 * 1024 * 1024;

/** What a carrier takes that moves nothing yet. */
const CARRIER_BYTES = 128 * 1024;

/** Two buffers in turn, what the upload has taken of them and what the runtime reads ahead. */
const BUFFERS = 4;

/** Bytes that a carrier of a blob takes. Small blobs take little, so that many of them are carried side by side. */
export function carrierBytes(blobSize: number): number {
  return CARRIER_BYTES + BUFFERS * Math.min(blobSize, CHUNK_BYTES);
}

/** A slice that says nothing for this long is taken for dead, in milliseconds: its object was reset, and a reset object runs no `finally`. */
export const HOLD_MS = 30_000;

/** How often a slice says that it is alive, in milliseconds; what waits for memory learns then, too, that the slice has no time left. */
export const HOLD_BEAT_MS = 5_000;

/** One work, waiting for memory or holding it. */
interface Entry {
  holder: MemoryHolder;
  bytes: number;
  state: "waiting" | "held" | "over";
  settle(verdict: "go" | "stopped"): void;
}

/** The gate as one of its holders sees it. */
interface HolderGate {
  enter(entry: Entry): void;
  leave(entry: Entry): void;
  renew(): void;
}

/** First come, first served. Time is given in, since all objects of an isolate share one gate and each has timers of its own. */
export class MemoryGate {
  readonly #now: () => number;
  #free: number;
  readonly #waiting: Entry[] = [];
  readonly #holders = new Set<MemoryHolder>();

  /** No single work may take more than `bytes`. `now` gives milliseconds since the epoch. */
  constructor(bytes: number, now: () => number) {
    this.#free = bytes;
    this.#now = now;
  }

  /** A slice's way to the memory. What it has dies with it, {@link HOLD_MS} after its last sign of life. */
  open(hasTime: () => boolean): MemoryHolder {
    const holder: MemoryHolder = new MemoryHolder(hasTime, {
      enter: (entry) => {
        holder.entries.add(entry);
        this.#holders.add(holder);
        this.#waiting.push(entry);
        this.#admit();
      },
      leave: (entry) => {
        this.#end(entry);
        this.#admit();
      },
      renew: () => this.#renew(holder),
    });
    holder.until = this.#now() + HOLD_MS;
    return holder;
  }

  #renew(alive: MemoryHolder): void {
    const now = this.#now();
    alive.until = now + HOLD_MS;
    for (const holder of this.#holders) {
      const isDead = holder.until <= now;
      for (const entry of isDead || (holder === alive && !alive.hasTime()) ? [...holder.entries] : []) {
        if (isDead || entry.state === "waiting") {
          this.#end(entry);
        }
      }
    }
    this.#admit();
  }

  #end(entry: Entry): void {
    const { holder } = entry;
    if (entry.state === "held") {
      this.#free += entry.bytes;
    } else if (entry.state === "waiting") {
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    }
    entry.state = "over";
    holder.entries.delete(entry);
    if (holder.entries.size === 0) {
      this.#holders.delete(holder);
    }
    entry.settle("stopped");
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && next.bytes <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= next.bytes;
      next.state = "held";
      next.settle("go");
    }
  }
}

/** What one slice has of the gate. */
export class MemoryHolder {
  /** When it is taken for dead, in milliseconds since the epoch. */
  until = 0;
  readonly entries = new Set<Entry>();
  readonly hasTime: () => boolean;
  readonly #gate: HolderGate;

  constructor(hasTime: () => boolean, gate: HolderGate) {
    this.hasTime = hasTime;
    this.#gate = gate;
  }

  /** A sign of life, due every {@link HOLD_BEAT_MS}. Takes back what dead holders have, and ends this one's waits where its slice has no time left. */
  renew(): void {
    this.#gate.renew();
  }

  /**
   * Runs `work` once there is room for it. Gives `stopped` where the slice's time ended before. Rejects with the signal's reason when that
   * is aborted before.
   */
  async run<T>(bytes: number, signal: AbortSignal, work: () => Promise<T>): Promise<T | "stopped"> {
    const verdict = Promise.withResolvers<"go" | "stopped">();
    const entry: Entry = { holder: this, bytes, state: "waiting", settle: verdict.resolve };
    this.#gate.enter(entry);
    try {
      return (await untilAborted(signal, verdict.promise)) === "stopped" ? "stopped" : await work();
    } finally {
      // Not twice: what was taken for dead has given its bytes back already.
      if (entry.state !== "over") {
        this.#gate.leave(entry);
      }
    }
  }
}
