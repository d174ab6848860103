/** Server-sent events, read from a stream: the browser's own `EventSource` can't send an Authorization header. Pure. */

/** One event of the stream. */
export interface ServerEvent {
  /** @default "message" */
  name: string;
  data: string;
}

/** Reads events out of text that comes in pieces (WHATWG HTML §9.2.6). */
export class EventStreamReader {
  /** The last id that came; what to send as `Last-Event-ID`. */
  lastEventId = "";
  /** Milliseconds after which to come back, where the stream has said so. */
  retryMs: number | undefined;
  #rest = "";
  #name = "";
  #data: string[] = [];

  /** Takes the next piece and returns the events that it completes. */
  push(piece: string): ServerEvent[] {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.map((line) => this.#take(line)).filter((event) => event !== undefined);
  }

  #take(line: string): ServerEvent | undefined {
    if (line === "") {
      const event = this.#data.length === 0 ? undefined : { name: this.#name || "message", data: this.#data.join("\n") };
      this.#name = "";
      this.#data = [];
      return event;
    }
    const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "event") {
      this.#name = value;
    } else if (field === "data") {
      this.#data.push(value);
    } else if (field === "id") {
      this.lastEventId = value;
    } else if (field === "retry" && /^\d+$/.test(value)) {
      this.retryMs = Number(value);
    }
    return undefined;
  }
}
