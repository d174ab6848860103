/** Parses JSON text. Where it is not JSON, says at which line and column, without repeating any of the text: it may be a secret. */

/** The value of a JSON text, or what is wrong with it; `detail` completes "this text …". */
export type JsonText = { ok: true; value: unknown } | { ok: false; detail: string };

/** Parses JSON. Does not pass the engine's own message on, which quotes the text around the fault, or does not say where it is. */
export function parseJson(text: string): JsonText {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    const at = faultOffset(text);
    if (at >= text.trimEnd().length) {
      return { ok: false, detail: text.trim() === "" ? "is empty" : "is not JSON: it ends too early" };
    }
    const before = text.slice(0, at).split("\n");
    return { ok: false, detail: `is not JSON: see line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}` };
  }
}

/** The tokens of RFC 8259: punctuation, a string, or a number or name. */
const TOKEN =
  /([{}[\],:])|("[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;
const SPACE = /[\t\n\r ]*/y;

type Expected = "value" | "value or ]" | "key" | "key or }" | ":" | ", or end";

/** Offset, in UTF-16 units, of the first token that is out of place; the length of the text where it only ends too early. */
function faultOffset(text: string): number {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    at += SPACE.exec(text)?.[0].length ?? 0;
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    const next: Expected | undefined = token === null ? undefined : step(expected, token, open);
    if (token === null || next === undefined) {
      return at;
    }
    expected = next;
    at = TOKEN.lastIndex;
  }
}

/** Takes one token and returns what may follow it, or `undefined` where it is out of place. `open` holds the brackets that are still open. */
function step(expected: Expected, [, punctuation, string]: RegExpExecArray, open: ("{" | "[")[]): Expected | undefined {
  const wantsValue = expected === "value" || expected === "value or ]";
  switch (punctuation) {
    case undefined:
      if (wantsValue) {
        return ", or end";
      }
      return string !== undefined && expected.startsWith("key") ? ":" : undefined;
    case "{":
    case "[":
      open.push(punctuation);
      return wantsValue ? (punctuation === "{" ? "key or }" : "value or ]") : undefined;
    case "}":
      return open.pop() === "{" && (expected === "key or }" || expected === ", or end") ? ", or end" : undefined;
    case "]":
      return open.pop() === "[" && (expected === "value or ]" || expected === ", or end") ? ", or end" : undefined;
    case ":":
      return expected === ":" ? "value" : undefined;
    default:
      if (expected !== ", or end" || open.length === 0) {
        return undefined;
      }
      return open.at(-1) === "{" ? "key" : "value";
  }
}
