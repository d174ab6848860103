/** JSON as nobody would write it, and every parser must read it. */

/**
 * Writes a value as JSON with odd white space, escaped slashes, letters as `\u` escapes and a newline at the end.
 * Whoever parses and writes it again gets other bytes, and so another digest. Whole numbers stay as they are: Go refuses `1e3`.
 */
export function oddJson(value: unknown): string {
  return `${write(value, 0)}\n`;
}

function write(value: unknown, depth: number): string {
  // Tabs and carriage returns are white space too.
  const gap = depth % 2 === 0 ? `\n${"\t".repeat(depth + 1)}` : ` \r\n ${" ".repeat(depth)}`;
  if (Array.isArray(value)) {
    return value.length === 0 ? "[ ]" : `[${value.map((item) => gap + write(item, depth + 1)).join(" ,")} ]`;
  }
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return fields.length === 0
      ? "{\t}"
      : `{${fields.map(([name, field]) => `${gap}${JSON.stringify(name)} :  ${write(field, depth + 1)}`).join(",")}\n}`;
  }
  return typeof value === "string" ? escapeString(value) : JSON.stringify(value);
}

function escapeString(text: string): string {
  return JSON.stringify(text)
    .replaceAll("/", "\\/")
    .replace(/[x+]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
