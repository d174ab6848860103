/** When something is due: cron patterns, in UTC. */
import { Cron } from "croner";

/** Longest pattern, in characters: a list of sixty minutes fits several times. */
export const MAX_PATTERN_LENGTH = 256;

/** A cron pattern that was read. All times are milliseconds since the epoch. */
export interface Schedule {
  /** The last time that it was due, `nowMs` included; `undefined` where it never was. */
  lastDue(nowMs: number): number | undefined;
  /** The first time after `nowMs` that it is due; `undefined` where that never comes. */
  nextDue(nowMs: number): number | undefined;
}

/**
 * Reads a cron pattern of five fields (minute, hour, day of month, month, day of week) or a name such as `@daily`; throws an `Error` that
 * says what is wrong with any other, and for one that is never due.
 *
 * Days of the week are those of POSIX, as regsync and `crontab` count them: 0 and 7 are Sunday, 1 is Monday. Cloudflare's own triggers count as
 * Quartz does, from 1 for Sunday, which is why they are not what these patterns are given to; names (`MON-FRI`) mean the same in both.
 */
export function parseSchedule(pattern: string): Schedule {
  const cron = new Cron(pattern, { paused: true, timezone: "UTC", mode: "5-part" });
  if (cron.nextRun(new Date(0)) === null) {
    throw new Error("it is never due");
  }
  return {
    // The library looks for what lies before a moment; the minute that has just begun counts here.
    lastDue: (nowMs) => cron.previousRuns(1, new Date(nowMs + 1000))[0]?.getTime(),
    nextDue: (nowMs) => cron.nextRun(new Date(nowMs))?.getTime(),
  };
}
