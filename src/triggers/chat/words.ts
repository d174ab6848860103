/** Splits a chat message into words. Pure. */

/** Longest command, in characters: enough for two references, sixty platforms and a filter. The rest is cut off. */
const MAX_COMMAND_LENGTH = 8_192;

/**
 * Splits at white space; quotes of any kind keep words together. Undoes what chat programs do to typed text: curly quotes, dashes in place of two hyphens
 * (`—platform`), and links (Slack makes `<http://a.io/x|a.io/x>` of `a.io/x`).
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
