/** The numbers that may be configured, each with its default and its bounds. */
import { type NumberRange, type Variables, wholeNumber } from "./variables.ts";

/** The limits that an operator may set. */
export interface Limits {
  /** Seconds that a slice lasts: one alarm of a job's object, after which the job stores where it is and goes on with the next. */
  sliceSeconds: number;
  /** Hours that a staged blob is kept. */
  stageTtlHours: number;
  /** Days that an ended job is kept. */
  jobTtlDays: number;
  /** Seconds that a job goes on trying a registry that does not answer or fails. Waits that the registry itself asked for do not count. */
  patienceSeconds: number;
  /** Seconds that a registry may keep a connection open without a byte, before its answer or in the middle of a body. */
  stallSeconds: number;
}

/** A Durable Object's alarm is aborted after 15 minutes. The longest slice begins nothing new after 14, which leaves time to finish what is in flight. */
const SLICE_SECONDS: NumberRange = { min: 1, max: 840, default: 600 };
const STAGE_TTL_HOURS: NumberRange = { min: 1, max: 24 * 365, default: 24 };
const JOB_TTL_DAYS: NumberRange = { min: 1, max: 3650, default: 30 };
/** At most a day: a job that can't go on fails after that in any case. */
const PATIENCE_SECONDS: NumberRange = { min: 1, max: 86_400, default: 60 };
/** The default lies between the times after which Cloudflare's own proxy gives up on an origin: 30 s for a write, 120 s for a read. */
const STALL_SECONDS: NumberRange = { min: 1, max: 300, default: 60 };

/** Reads the limits; throws a `ConfigError` for the first that is no whole number within its bounds. */
export function readLimits(variables: Variables): Limits {
  return {
    sliceSeconds: wholeNumber(variables, "SLICE_SECONDS", SLICE_SECONDS),
    stageTtlHours: wholeNumber(variables, "STAGE_TTL_HOURS", STAGE_TTL_HOURS),
    jobTtlDays: wholeNumber(variables, "JOB_TTL_DAYS", JOB_TTL_DAYS),
    patienceSeconds: wholeNumber(variables, "PATIENCE_SECONDS", PATIENCE_SECONDS),
    stallSeconds: wholeNumber(variables, "STALL_SECONDS", STALL_SECONDS),
  };
}
