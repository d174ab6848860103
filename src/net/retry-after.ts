/** How long a server asks clients to wait: `Retry-After` (RFC 9110 §10.2.3), and the same in the body, as GHCR sends it. */

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] as const;

/** `Sun, 06 Nov 1994 08:49:37 GMT` */
const IMF_FIXDATE = /^[a-z]{3}, (?<day>\d{2}) (?<month>[a-z]{3}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) gmt$/;
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const RFC_850 = /^[a-z]{6,9}, (?<day>\d{2})-(?<month>[a-z]{3})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) gmt$/;
/** `Sun Nov  6 08:49:37 1994` */
const ASCTIME = /^[a-z]{3} (?<month>[a-z]{3}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/;

/** Milliseconds of the units of a Go duration. The micro sign has two code points. */
const UNIT_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const BODY_WAIT = /retry-after:? {0,4}((?:\d{1,15}(?:\.\d{1,15})?(?:ns|us|µs|μs|ms|s|m|h)){1,8}|\d{1,15}(?:\.\d{1,15})?)\b/;
const DURATION_PART = /(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/g;

/**
 * Returns the milliseconds to wait, rounded up, for a `Retry-After` of seconds or of a date in one of HTTP's three forms; 0 for a date that is past.
 * `undefined` where there is no such header, or nothing sensible in it.
 */
export function parseRetryAfter(value: string | null, nowMs: number): number | undefined {
  const text = (value ?? "").trim().toLowerCase();
  if (/^\d{1,15}(?:\.\d{1,15})?$/.test(text)) {
    return Math.ceil(Number(text) * 1000);
  }
  const date = text.length > 64 ? undefined : parseHttpDate(text, nowMs);
  return date === undefined ? undefined : Math.max(0, date - nowMs);
}

/** Milliseconds to wait, rounded up, where an error's text says `retry-after: 985.86µs` (Q137) or another Go duration, or bare seconds; else `undefined`. */
export function parseRetryText(body: string): number | undefined {
  const found = BODY_WAIT.exec(body.toLowerCase())?.[1];
  if (found === undefined) {
    return undefined;
  }
  if (/^[\d.]+$/.test(found)) {
    return Math.ceil(Number(found) * 1000);
  }
  let sum = 0;
  for (const [, amount, unit] of found.matchAll(DURATION_PART)) {
    sum += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
  }
  return Math.ceil(sum);
}

/** Milliseconds since the epoch; `undefined` where the text is no date, or none of the calendar. Expects lower case. */
function parseHttpDate(text: string, nowMs: number): number | undefined {
  const match = IMF_FIXDATE.exec(text) ?? RFC_850.exec(text) ?? ASCTIME.exec(text);
  const { day = "", month = "", year = "", time = "" } = match?.groups ?? {};
  const monthIndex = (MONTHS as readonly string[]).indexOf(month);
  if (monthIndex === -1) {
    return undefined;
  }
  const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
  const fullYear = year.length === 4 ? Number(year) : nearYear(Number(year), nowMs);
  const midnight = new Date(Date.UTC(fullYear, monthIndex, Number(day)));
  // The grammar allows second 60 for a leap second. Date.UTC would take 31 February for 3 March.
  const isReal = midnight.getUTCDate() === Number(day) && hours < 24 && minutes < 60 && seconds <= 60;
  return isReal ? midnight.getTime() + ((hours * 60 + minutes) * 60 + seconds) * 1000 : undefined;
}

/** RFC 9110 §5.6.7: a two-digit year that seems more than 50 years ahead is the latest such year in the past. */
function nearYear(twoDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const sameCentury = thisYear - (thisYear % 100) + twoDigits;
  return sameCentury > thisYear + 50 ? sameCentury - 100 : sameCentury;
}
