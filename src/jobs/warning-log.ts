/** Puts what registries warn of into the Worker's log, each text once for an isolate and a while. */

/** Texts that are remembered. Beyond it all are forgotten, and may be said again. */
const MAX_REMEMBERED = 500;

export class WarningLog {
  readonly #said = new Set<string>();
  readonly #print: (line: string) => void;

  /** @default print the console */
  // biome-ignore lint/suspicious/noConsole: the Worker's log is where this is to go
  constructor(print: (line: string) => void = (line) => console.warn(line)) {
    this.#print = print;
  }

  /** Notes a warning of a registry; a text that is no news is not repeated. */
  note(registry: string, text: string): void {
    const line = `${registry} warns: ${text}`;
    if (this.#said.has(line)) {
      return;
    }
    if (this.#said.size >= MAX_REMEMBERED) {
      this.#said.clear();
    }
    this.#said.add(line);
    this.#print(line);
  }
}
