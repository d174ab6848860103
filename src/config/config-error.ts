/** One fault in the configuration. Safe to show to anybody: it names the place and what is expected there, never the value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** The Worker variable: `API_TOKENS`. */
  readonly variable: string;
  /** The place in a structured variable as a JSON pointer in URI fragment form (RFC 6901 §6): `#/0/allow/1/from`; `#` is the whole. */
  readonly pointer: string;
  /** Completes "this place …": `must be a string`. */
  readonly detail: string;

  constructor(variable: string, pointer: string, detail: string) {
    super(`${variable}${pointer === "#" ? "" : ` at ${pointer}`} ${detail}`);
    this.variable = variable;
    this.pointer = pointer;
    this.detail = detail;
  }
}
