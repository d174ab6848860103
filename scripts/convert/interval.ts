/** Intervals as cron patterns. Pure. */

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Reads a duration as Go writes it (`90m`, `1h30m`, `24h`). Returns minutes, or `undefined` where the text is no duration. */
export function minutesOf(duration: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(duration)) {
    return undefined;
  }
  const total = [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * (UNITS_MS[unit ?? ""] ?? 0),
    0,
  );
  return total / 60_000;
}

const MINUTES = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
const HOURS = [1, 2, 3, 4, 6, 8, 12];

/** Returns the cron pattern of an interval; where it has none, that of the nearest shorter interval, and `exact` is false. */
export function patternOf(minutes: number): { pattern: string; exact: boolean } {
  const days = minutes / 1440;
  if (days >= 1) {
    return days >= 7 ? { pattern: "0 0 * * SUN", exact: days === 7 } : { pattern: "0 0 * * *", exact: days === 1 };
  }
  const hours = HOURS.findLast((step) => step * 60 <= minutes);
  if (hours !== undefined) {
    return { pattern: hours === 1 ? "0 * * * *" : `0 */${hours} * * *`, exact: hours * 60 === minutes };
  }
  const step = MINUTES.findLast((candidate) => candidate <= minutes) ?? 1;
  return { pattern: step === 1 ? "* * * * *" : `*/${step} * * * *`, exact: step === minutes };
}
