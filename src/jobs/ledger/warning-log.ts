/** Puts what registries warn of (Q141) into the log, each text once for an isolate and a while. */
import type { EventLog } from "./event-log.ts";

/** Texts that are remembered. Beyond it all are forgotten, and may be said again. */
const MAX_REMEMBERED = 500;

/** Remembers which warnings were logged, for as long as it lives. */
export class WarningLog {
  readonly #said = new Set<string>();

  /** Logs a warning of a registry; a text that is no news is not repeated. */
  note(log: EventLog, host: string, text: string): void {
    const key = `${host} ${text}`;
    if (this.#said.has(key)) {
      return;
    }
    if (this.#said.size >= MAX_REMEMBERED) {
      this.#said.clear();
    }
    this.#said.add(key);
    log("warn", "registry.warning", { host, text });
  }
}
