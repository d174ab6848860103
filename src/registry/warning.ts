/** Warnings that a registry sends with an answer of success: `Warning: 299 - "…"` (distribution-spec, "Warnings"; Q141). */
import { HeaderReader } from "../net/header-grammar.ts";
import { quoteSafely } from "./error-body.ts";

/** Most warnings of one answer that are read. */
const MAX_WARNINGS = 5;

/** Longest header that is read. */
const MAX_HEADER_LENGTH = 4 * 1024;

/** Returns the texts of a `Warning` header, made safe to show. Only those of code 299 without an agent are a registry's; others are a cache's (RFC 7234 §5.5). */
export function parseWarnings(header: string | null): string[] {
  const reader = new HeaderReader((header ?? "").slice(0, MAX_HEADER_LENGTH));
  const found: string[] = [];
  while (!reader.done && found.length < MAX_WARNINGS) {
    reader.skipSpace();
    const code = reader.token();
    reader.skipSpace();
    const agent = reader.token();
    reader.skipSpace();
    const text = quoteSafely(reader.quotedString() ?? "");
    if (code === "299" && agent === "-" && text !== "") {
      found.push(text);
    }
    reader.until(",");
    reader.skip();
  }
  return found;
}
