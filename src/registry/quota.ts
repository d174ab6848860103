/** Docker Hub's pull limit, as its answers tell it (Q136): `ratelimit-limit: 100;w=21600` and `ratelimit-remaining: 93;w=21600`. Pure. */

/** How many reads of manifests are left to this account or address. */
export interface Quota {
  /** Manifests that may be read within the window; `HEAD` does not count. */
  limit: number;
  /** How many of them were left when the answer was sent. */
  remaining: number;
  /** The time in which they are counted, in milliseconds; it slides. */
  windowMs: number;
}

/**
 * The part of a quota that is left to others: to whoever pulls with the same account or from the same address, and to the reads of a job that
 * are under way. One read at least.
 */
const RESERVED = 0.05;

/** The quota that an answer tells of; `undefined` where it does not, or in words that make no sense. */
export function quotaOf(headers: Headers): Quota | undefined {
  const limit = allowance(headers.get("ratelimit-limit"));
  const remaining = limit && allowance(headers.get("ratelimit-remaining"));
  return limit === undefined || remaining === undefined || limit.count === 0
    ? undefined
    : { limit: limit.count, remaining: remaining.count, windowMs: limit.windowMs };
}

/**
 * How long to read no manifests, in milliseconds, where no more is left than what is reserved; else `undefined`. The window slides, so in this time
 * about as many reads come back as are reserved: 18 minutes of Docker Hub's six hours.
 */
export function quotaPauseMs({ limit, remaining, windowMs }: Quota): number | undefined {
  const reserved = Math.max(1, Math.ceil(limit * RESERVED));
  return remaining > reserved ? undefined : Math.ceil((windowMs * reserved) / limit);
}

/** Reads `count;w=seconds`; `undefined` for anything else. */
export function allowance(value: string | null): { count: number; windowMs: number } | undefined {
  if (value === null) {
    return undefined;
  }
  const [, count, seconds] = /^\s*(\d{1,9})\s*;\s*w=(\d{1,9})\s*$/.exec(value) ?? [];
  return count === undefined ? undefined : { count: Number(count), windowMs: Number(seconds) * 1000 };
}
