/** Upload sessions: what has come in so far, and which Location is the newest. */
import { createHash, type Hash, randomBytes, randomUUID } from "node:crypto";
import { type BlobStore, type Content, type ContentSink, openSink } from "./content.ts";

/** One request that adds bytes to a session. */
interface Operation {
  /** A later request has taken the session over: whatever this one still gets is thrown away. */
  superseded: boolean;
  done: Promise<void>;
}

/** How long a request waits for an earlier one on the same session whose client may have gone. Milliseconds. */
const HANDOVER_MS = 500;

export class Session {
  readonly id = randomUUID();
  readonly repository: string;
  /** Bytes of each body that was added. */
  readonly chunks: number[] = [];
  readonly #sink: ContentSink;
  readonly #hash: Hash = createHash("sha256");
  /** Every state that was given out, with the offset it stood for. */
  readonly #states = new Map<string, number>();
  #newest = "";
  #size = 0;
  #operation: Operation | undefined;

  constructor(repository: string, sink: ContentSink) {
    this.repository = repository;
    this.#sink = sink;
  }

  /** Bytes held. */
  get size(): number {
    return this.#size;
  }

  /** Makes a new state, which only the newest Location carries. */
  nextState(): string {
    this.#newest = randomBytes(24).toString("base64url");
    this.#states.set(this.#newest, this.#size);
    return this.#newest;
  }

  /** What a state that came in a request is: the newest, an older one, one of another offset than the session's, or none of ours. */
  judge(state: string | null): "newest" | "older" | "wrong-offset" | "unknown" {
    const offset = this.#states.get(state ?? "");
    if (offset === undefined) {
      return "unknown";
    }
    if (state === this.#newest && offset === this.#size) {
      return "newest";
    }
    return offset === this.#size ? "older" : "wrong-offset";
  }

  /** Waits for a request that is still adding bytes, as its client may have gone a moment ago; not for one that hangs. */
  async settle(): Promise<void> {
    const operation = this.#operation;
    if (operation !== undefined) {
      const timer = Promise.withResolvers<void>();
      const timeout = setTimeout(timer.resolve, HANDOVER_MS);
      await Promise.race([operation.done, timer.promise]);
      clearTimeout(timeout);
    }
  }

  /** Adds a body. What came before a broken connection stays, as the spec's resumption supposes. */
  async append(body: AsyncIterable<Buffer>): Promise<void> {
    if (this.#operation !== undefined) {
      this.#operation.superseded = true;
    }
    const ended = Promise.withResolvers<void>();
    const operation: Operation = { superseded: false, done: ended.promise };
    this.#operation = operation;
    const before = this.#size;
    try {
      for await (const chunk of body) {
        if (operation.superseded) {
          throw new Error("another request has taken over this upload");
        }
        this.#size += chunk.length;
        this.#hash.update(chunk);
        await this.#sink.write(chunk);
      }
    } finally {
      if (this.#size > before) {
        this.chunks.push(this.#size - before);
      }
      if (this.#operation === operation) {
        this.#operation = undefined;
      }
      ended.resolve();
    }
  }

  /** Ends the session with its content, where that has the digest; `undefined` where it has not. */
  async commit(digest: string): Promise<Content | undefined> {
    if (digest.startsWith("sha256:") && `sha256:${this.#hash.digest("hex")}` !== digest) {
      await this.#sink.abandon();
      return undefined;
    }
    const content = await this.#sink.finish();
    if (digest.startsWith("sha512:")) {
      const hash = createHash("sha512");
      for await (const chunk of content.read(0, content.size)) {
        hash.update(chunk as Buffer);
      }
      return `sha512:${hash.digest("hex")}` === digest ? content : undefined;
    }
    return content;
  }

  /** Ends the session and forgets its bytes. */
  async abandon(): Promise<void> {
    await this.#sink.abandon();
  }
}

/** All open sessions of a registry. */
export class Sessions {
  readonly #open = new Map<string, Session>();
  readonly #store: BlobStore;
  readonly #folder: () => Promise<string>;

  constructor(store: BlobStore, folder: () => Promise<string>) {
    this.#store = store;
    this.#folder = folder;
  }

  /** How many uploads have been begun and neither committed nor cancelled. */
  get count(): number {
    return this.#open.size;
  }

  start(repository: string): Session {
    const session = new Session(repository, openSink(this.#store, this.#folder, randomUUID()));
    this.#open.set(session.id, session);
    return session;
  }

  find(id: string): Session | undefined {
    return this.#open.get(id);
  }

  /** Forgets a session, as its commit or cancellation does. */
  end(session: Session): void {
    this.#open.delete(session.id);
  }

  /** Forgets all sessions, as a registry does that was started anew. */
  async clear(): Promise<void> {
    const sessions = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(sessions.map((session) => session.abandon()));
  }
}
