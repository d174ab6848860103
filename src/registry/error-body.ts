/** Reads what a registry says about its own failure, whatever form that takes. Pure. */
import { redactUrl } from "../net/redact.ts";

/** The first error of an error body, made safe to show. */
export interface BodyError {
  /** OCI error code, in upper case. */
  code?: string;
  /** The registry's own words, cut. */
  message?: string;
}

/** Longest piece of a registry's own words that is shown. */
const MAX_TEXT = 300;

/**
 * Reads an error body: `{"errors":[…]}` of the distribution specification, Docker Hub's `{"details":…}`, OAuth's
 * `{"error":…,"error_description":…}`, an HTML page of a proxy, plain text, or nothing (Q138). Never throws; an empty result means
 * that the status has to speak for itself.
 */
export function parseErrorBody(text: string): BodyError {
  const trimmed = text.trim();
  if (trimmed === "") {
    return {};
  }
  if (/^<(?:!doctype|html|head|\?xml|title)/i.test(trimmed)) {
    return parseMarkup(trimmed);
  }
  try {
    return parseJsonError(JSON.parse(trimmed));
  } catch {
    return said(trimmed.split("\n", 1)[0]);
  }
}

/**
 * Makes a registry's words safe to show: one line, bounded, without the queries and users of URLs, and without what looks like a
 * token or an `Authorization` header that is being quoted back.
 */
export function quoteSafely(text: string): string {
  const clean = text
    .slice(0, 4 * MAX_TEXT)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .replace(/\b[a-z][a-z\d+.-]*:\/\/[^\s"'<>]+/gi, withoutQuery)
    .replace(/\?[\w.~%-]+=[^\s"'<>]*/g, "?…")
    .replace(/\b(bearer|basic)\s+([\w.~+/=-]+)/gi, (all, scheme: string, word: string) => (isWord(word) ? all : `${scheme} …`))
    .replace(/\beyJ[\w-]{8,}(?:\.[\w-]*)*/g, "…")
    .replace(/\b(password|passwd|secret|(?:access_|refresh_|id_)?token|signature|sig)(=|"\s*:\s*")[^\s"'&,;]+/gi, "$1$2…")
    .trim();
  return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT)}…` : clean;
}

function parseJsonError(json: unknown): BodyError {
  if (typeof json !== "object" || json === null) {
    return said(json);
  }
  const { errors, details, error, error_description: description, message, detail } = json as Record<string, unknown>;
  if (Array.isArray(errors) && errors.length > 0) {
    return parseOciError(errors[0], errors.length - 1);
  }
  if (typeof error === "string") {
    return said([error, description].filter((part) => typeof part === "string").join(": "));
  }
  return said([details, message, detail].find((part) => typeof part === "string"));
}

function parseOciError(first: unknown, more: number): BodyError {
  if (typeof first !== "object" || first === null) {
    return said(first);
  }
  const { code, message, detail } = first as Record<string, unknown>;
  const parts = [message, detailText(detail)].filter((part) => typeof part === "string" && part !== "");
  const text = parts[0] === parts[1] ? parts.slice(0, 1) : parts;
  return {
    ...(typeof code === "string" && /^[\w-]{1,64}$/.test(code) ? { code: code.toUpperCase() } : {}),
    ...said(text.join(": ") + (more > 0 ? ` (and ${more} more)` : "")),
  };
}

/** What a registry refuses about a manifest often stands only in the detail (Q125). */
function detailText(detail: unknown): string | undefined {
  if (typeof detail === "string") {
    return detail;
  }
  const isEmpty = typeof detail !== "object" || detail === null || Object.keys(detail).length === 0;
  return isEmpty ? undefined : JSON.stringify(detail);
}

/** Proxies say what matters in the title: `413 Request Entity Too Large` (Q97). */
function parseMarkup(markup: string): BodyError {
  const title = /<title[^>]*>([^<]{1,300})/i.exec(markup)?.[1];
  return title === undefined ? { message: "an HTML page" } : { message: `an HTML page: ${quoteSafely(title)}` };
}

function said(text: unknown): BodyError {
  const message = typeof text === "string" ? quoteSafely(text) : "";
  return message === "" ? {} : { message };
}

function withoutQuery(url: string): string {
  try {
    return redactUrl(url);
  } catch {
    return "…";
  }
}

/** "Basic authentication required" is a sentence, "Basic dXNlcjpwYXNz" is not. */
function isWord(text: string): boolean {
  return /^[A-Za-z]?[a-z]+[.]?$/.test(text);
}
