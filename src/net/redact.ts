/** How URLs appear in messages. */

/** Longest text that is no URL and still shown, in characters. Longer ones are no paths but content. */
const MAX_PATH_LENGTH = 2048;

/**
 * Returns the URL for messages and logs: without user name and password, query and fragment, where tokens and signatures stand. A text that
 * is no absolute URL loses its query and fragment alike; one that can't be told apart from credentials becomes `(invalid URL)`.
 */
export function redactUrl(url: URL | string): string {
  const parsed = typeof url === "string" ? (URL.canParse(url) ? new URL(url) : undefined) : url;
  if (parsed !== undefined) {
    return parsed.host === "" ? `${parsed.protocol}(opaque)` : `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
  }
  const path = String(url).split(/[?#]/, 1)[0] ?? "";
  return path.includes("@") || path.length > MAX_PATH_LENGTH ? "(invalid URL)" : path;
}
