/** What a registry wants its users to know though the request went well: `Warning: 299 - "…"` (distribution-spec, "Warnings"; Q141). */
import { HeaderReader } from "../net/header-grammar.ts";
import { quoteSafely } from "./error-body.ts";

/** Warnings of one answer that are read. */
const MAX_WARNINGS = 5;

/** Longest header that is read. */
const MAX_HEADER_LENGTH = 4 * 1024;

/** The texts of a `Warning` header, made safe to show. Only the code 299 without an agent is a registry's; others are a cache's, as RFC 7234 had them. */
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
