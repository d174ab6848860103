/** Takes a chat message apart into words. Pure. */

/** Longest command, in characters: two references, sixty platforms and a filter fit. */
const MAX_COMMAND_LENGTH = 8_192;

/**
 * Splits at white space; quotes of any kind keep words together. What chat programs make of typed text is undone: curly quotes, dashes that
 * were two hyphens (`—platform`), and links (`<http://a.io/x|a.io/x>` is `a.io/x`, as Slack writes what looks like an address).
 */
export function wordsOf(text: string): string[] {
  const plain = text
    .slice(0, MAX_COMMAND_LENGTH)
    .replace(
      /<(?:https?:\/\/)?[^<>|\s]*\|([^<>|]*)>|<(?:https?:\/\/)([^<>|\s]*)>/g,
      (_, shown: string | undefined, target: string | undefined) => (shown ?? target ?? "").replace(/\/$/, ""),
    )
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&")
    .replace(/[“”„]/g, '"')
    .replace(/[‘’‚]/g, "'")
    .replace(/(^|\s)[—–](?=\p{L})/gu, "$1--");
  return [...plain.matchAll(/"([^"]*)"|'([^']*)'|`([^`]*)`|(\S+)/g)].map(
    ([, double, single, back, bare]) => double ?? single ?? back ?? bare ?? "",
  );
}
