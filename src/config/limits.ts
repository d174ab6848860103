/** The numbers that may be configured, with their defaults and how far each may go. */
import { type NumberRange, type Variables, wholeNumber } from "./variables.ts";

export interface Limits {
  /** Seconds that one wake-up of a job works before it stores its place and is woken again. */
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

/** A Durable Object's alarm is aborted after 15 minutes; a slice leaves one of them to end what it is at. */
const SLICE_SECONDS: NumberRange = { min: 1, max: 840, default: 600 };
const STAGE_TTL_HOURS: NumberRange = { min: 1, max: 24 * 365, default: 24 };
const JOB_TTL_DAYS: NumberRange = { min: 1, max: 3650, default: 30 };
/** No job lives longer than a day while it can't go on. */
const PATIENCE_SECONDS: NumberRange = { min: 1, max: 86_400, default: 60 };
/** Cloudflare gives up on a proxied origin's write after 30 s and on its read after 120 s. */
const STALL_SECONDS: NumberRange = { min: 1, max: 300, default: 60 };

export function readLimits(variables: Variables): Limits {
  return {
    sliceSeconds: wholeNumber(variables, "SLICE_SECONDS", SLICE_SECONDS),
    stageTtlHours: wholeNumber(variables, "STAGE_TTL_HOURS", STAGE_TTL_HOURS),
    jobTtlDays: wholeNumber(variables, "JOB_TTL_DAYS", JOB_TTL_DAYS),
    patienceSeconds: wholeNumber(variables, "PATIENCE_SECONDS", PATIENCE_SECONDS),
    stallSeconds: wholeNumber(variables, "STALL_SECONDS", STALL_SECONDS),
  };
}
