/** Everyone who looks on while a job runs: event streams and callers that wait for its end. Lives in memory only. */
import type { Effects } from "../net/effects.ts";
import type { JobDocument } from "./document.ts";
import { hasEnded } from "./state.ts";

/** Least time between two events of one stream: twice as often as one carrier reports (`blobs/carrier.ts`), so that several look like one bar that moves. */
const PACE_MS = 250;

/** A comment line this often keeps proxies from closing a stream on which nothing happens. */
const KEEP_ALIVE_MS = 15_000;

/** Milliseconds after which a client that lost the stream should come back. */
const RECONNECT_MS = 1_000;

/**
 * Events that may wait for a slow reader, two seconds at the pace of {@link PACE_MS}: older progress is of no use, and a document of many images is large.
 * Past them it misses some, never the last.
 */
const MAX_BACKLOG = 8;

/** The job at one moment. */
export interface Snapshot {
  document: JobDocument;
  /** The job's version, which is the id of its events. */
  version: number;
}

interface Watcher {
  send(text: string): void;
  close(): void;
  version: number;
  backlog: number;
}

/**
 * Sends a job's events.
 *
 * There is no log of events to replay: `job` and `end` carry the whole document, so a client that comes back with its last id
 * needs the newest one only, and nothing where it has it already. `progress` events carry no id.
 */
export class Watchers {
  readonly #snapshot: () => Snapshot;
  readonly #effects: Effects;
  readonly #streams = new Set<Watcher>();
  readonly #waiting = new Set<() => void>();
  #due = false;

  constructor(snapshot: () => Snapshot, effects: Effects) {
    this.#snapshot = snapshot;
    this.#effects = effects;
  }

  /** Something has changed: tells all streams, soon and at most every {@link PACE_MS}. */
  poke(): void {
    if (this.#due || this.#streams.size === 0) {
      return;
    }
    this.#due = true;
    void this.#effects.sleep(PACE_MS).then(() => {
      this.#due = false;
      this.#tell();
    });
  }

  /** The job has ended: tells all streams and closes them, and wakes who waits. */
  ended(): void {
    this.#tell();
    for (const wake of this.#waiting) {
      wake();
    }
  }

  /** Resolves at the job's end or after `ms`, whichever is first. */
  async waitForEnd(ms: number): Promise<void> {
    if (hasEnded(this.#snapshot().document.status)) {
      return;
    }
    const timer = new AbortController();
    let wake = () => {};
    const end = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.#waiting.add(wake);
    await Promise.race([end, this.#effects.sleep(ms, timer.signal).catch(() => {})]);
    timer.abort();
    this.#waiting.delete(wake);
  }

  /**
   * Answers with the job's event stream from `lastEventId` on, or with 204 (don't come back) where that was the end. An id that no event of the
   * job has had yet says nothing about what was seen: the stream then begins with the job as it is.
   */
  stream(lastEventId: number | null): Response {
    const { document, version } = this.#snapshot();
    const seen = lastEventId === null || lastEventId > version ? 0 : lastEventId;
    if (hasEnded(document.status) && seen === version) {
      return new Response(null, { status: 204 });
    }
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const watcher = this.#watch(writable.getWriter(), seen);
    watcher.send(`retry: ${RECONNECT_MS}\n\n`);
    this.#tellOne(watcher, { document, version });
    return new Response(readable, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
    });
  }

  #watch(writer: WritableStreamDefaultWriter<Uint8Array>, version: number): Watcher {
    const encoder = new TextEncoder();
    const stop = new AbortController();
    const watcher: Watcher = {
      version,
      backlog: 0,
      send: (text) => {
        watcher.backlog++;
        writer.write(encoder.encode(text)).then(
          () => watcher.backlog--,
          () => watcher.close(),
        );
      },
      close: () => {
        this.#streams.delete(watcher);
        stop.abort();
        writer.close().catch(() => {});
      },
    };
    this.#streams.add(watcher);
    const keepAlive = (): void => {
      this.#effects.sleep(KEEP_ALIVE_MS, stop.signal).then(
        () => {
          watcher.send(": still here\n\n");
          keepAlive();
        },
        () => {},
      );
    };
    keepAlive();
    return watcher;
  }

  #tell(): void {
    if (this.#streams.size === 0) {
      return;
    }
    const snapshot = this.#snapshot();
    for (const watcher of [...this.#streams]) {
      this.#tellOne(watcher, snapshot);
    }
  }

  #tellOne(watcher: Watcher, { document, version }: Snapshot): void {
    if (hasEnded(document.status)) {
      watcher.send(event("end", document, version));
      watcher.close();
    } else if (watcher.backlog > MAX_BACKLOG) {
      return;
    } else if (version > watcher.version) {
      watcher.version = version;
      watcher.send(event("job", document, version));
    } else {
      watcher.send(event("progress", { progress: document.progress, waiting: document.waiting }));
    }
  }
}

function event(name: string, data: unknown, id?: number): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
