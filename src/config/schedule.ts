/** Cron patterns, in UTC, and the times that they stand for. */
import { Cron } from "croner";

/** Longest pattern, in characters: a list of all sixty minutes has 169. */
export const MAX_PATTERN_LENGTH = 256;

/** A parsed cron pattern. All times are in milliseconds since the epoch. */
export interface Schedule {
  /** The last time that it was due, at or before `nowMs`; `undefined` where there is none. */
  lastDue(nowMs: number): number | undefined;
  /** The first time after `nowMs` that it is due; `undefined` where there is none. */
  nextDue(nowMs: number): number | undefined;
}

/**
 * Parses a cron pattern of five fields (minute, hour, day of month, month, day of week) or a name such as `@daily`. Throws an `Error` that says what is
 * wrong with any other text, and for a pattern that is never due.
 *
 * Days of the week are numbered as in POSIX, `crontab` and regsync: 0 and 7 are Sunday, 1 is Monday. Cloudflare's cron triggers number them as Quartz
 * does, where 1 is Sunday; names (`MON-FRI`) mean the same in both.
 */
export function parseSchedule(pattern: string): Schedule {
  const cron = new Cron(pattern, { paused: true, timezone: "UTC", mode: "5-part" });
  if (cron.nextRun(new Date(0)) === null) {
    throw new Error("it is never due");
  }
  return {
    // croner looks before the given time, and in whole seconds: one more includes a time that has just come.
    lastDue: (nowMs) => cron.previousRuns(1, new Date(nowMs + 1000))[0]?.getTime(),
    nextDue: (nowMs) => cron.nextRun(new Date(nowMs))?.getTime(),
  };
}
