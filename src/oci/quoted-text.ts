/** How much of a text that somebody else chose stands in a message. */

/** Most characters of such a text: enough to recognise it, too few to fill a log with. */
export const MAX_QUOTED_CHARS = 80;

/** Returns the text in quotation marks and escaped as in JSON, cut after {@link MAX_QUOTED_CHARS}. */
export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, MAX_QUOTED_CHARS));
}
