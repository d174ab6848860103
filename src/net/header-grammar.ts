/**
 * The lexical parts that structured header fields share (RFC 9110 §5.6), read leniently: what can be understood is understood (Q2–Q4).
 *
 *     token         = 1*tchar
 *     quoted-string = DQUOTE *( any character but DQUOTE and "\" | "\" any character ) DQUOTE
 *     OWS           = *( SP | HTAB )
 */

/** Characters of a token (RFC 9110 §5.6.2). */
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
/** A value that somebody forgot to quote: a realm's URL, a scope (Q4). Ends at what separates values. */
const BARE_VALUE = /[^\s,;"]+/y;
const SPACE = /[ \t]+/y;
/** The inside of a quoted string, up to its end or the end of the text. */
const QUOTED_CONTENT = /[^"\\]*(?:\\[\s\S][^"\\]*)*/y;

/** Reads a header field from its start to its end. Nothing throws; what is not there is `undefined`, and the position stays. */
export class HeaderReader {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether everything is read. */
  get done(): boolean {
    return this.#position >= this.#text.length;
  }

  /** The position of the next character, to come back to with {@link rewind}. */
  get position(): number {
    return this.#position;
  }

  /** Goes back to an earlier {@link position}. */
  rewind(position: number): void {
    this.#position = position;
  }

  /** Skips spaces and tabs. */
  skipSpace(): void {
    this.#match(SPACE);
  }

  /** The next character, unread; empty at the end. */
  peek(): string {
    return this.#text.charAt(this.#position);
  }

  /** Reads the next character if it is this one. */
  take(character: string): boolean {
    const is = !this.done && this.#text.charAt(this.#position) === character;
    this.#position += is ? 1 : 0;
    return is;
  }

  /** Skips the next character, whatever it is. */
  skip(): void {
    this.#position += this.done ? 0 : 1;
  }

  /** Reads a token. */
  token(): string | undefined {
    return this.#match(TOKEN);
  }

  /** Reads a quoted string and returns its content, unescaped. One without a closing quote goes to the end of the text. */
  quotedString(): string | undefined {
    if (!this.take('"')) {
      return undefined;
    }
    const content = this.#match(QUOTED_CONTENT) ?? "";
    // Not closed, and a lone backslash last: there is nothing that it escapes.
    if (!this.take('"')) {
      this.#position = this.#text.length;
    }
    return content.replace(/\\([\s\S])/g, "$1");
  }

  /** Reads a parameter's value: a quoted string, or anything up to a space, comma, semicolon or quote. */
  value(): string | undefined {
    return this.peek() === '"' ? this.quotedString() : this.#match(BARE_VALUE);
  }

  /** Reads everything before the next of these characters, or up to the end; quoted strings are passed over as a whole. */
  until(characters: string): string {
    const start = this.#position;
    while (!this.done && !characters.includes(this.peek())) {
      if (this.peek() === '"') {
        this.quotedString();
      } else {
        this.#position++;
      }
    }
    return this.#text.slice(start, this.#position);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text)?.[0];
    this.#position += found?.length ?? 0;
    return found;
  }
}
