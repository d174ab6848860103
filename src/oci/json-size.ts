/**
 * Limits what JSON takes in memory, by a look at its text before it is parsed: eight million brackets are 8 MB as text and a quarter of a gigabyte as lists, in a
 * process of 128 MB that other jobs share.
 */

/** Most values in one document. A manifest of 10,000 descriptors has some 80,000; so many take up to 40 MB here. */
export const MAX_VALUES = 200_000;

/** Deepest nesting. Go's reader, which registries and most clients use, refuses more (`encoding/json`, "exceeded max depth"). */
export const MAX_DEPTH = 10_000;

/** Returns what is too much in a JSON text, as the beginning of a sentence, or `undefined` where nothing is. The text need not be valid. */
export function excessOf(text: string): string | undefined {
  let values = 1;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22:
        at = endOfString(text, at) - 1;
        break;
      case 0x7b:
      case 0x5b:
        depth++;
        values++;
        break;
      case 0x7d:
      case 0x5d:
        depth--;
        break;
      case 0x2c:
        values++;
        break;
      default:
    }
    if (values > MAX_VALUES) {
      return `It has more than ${MAX_VALUES} values`;
    }
    if (depth > MAX_DEPTH) {
      return `It is nested deeper than ${MAX_DEPTH}`;
    }
  }
  return undefined;
}

/** Returns the offset after the quote that ends the string which begins at `start`: one with an even number of backslashes before it. */
export function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1;
    while (text.charCodeAt(before) === 0x5c) {
      before--;
    }
    if ((quote - before) % 2 === 1) {
      return quote + 1;
    }
  }
  return text.length;
}
