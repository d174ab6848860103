/**
 * What can go wrong in a copy, as plain values.
 *
 * A failure is decided once, where it is seen, and then carried as it is: through a Worker-to-Worker call (where class
 * instances lose their fields), into a job's row, and to the API. Whoever handles one reads `retry`; nobody classifies
 * a failure a second time.
 */

/** Every code that can stand in a job's `error` (contract §6). */
export const COPY_ERROR_CODES = [
  "not-found",
  "access-denied",
  "address-refused",
  "digest-mismatch",
  "size-mismatch",
  "manifest-invalid",
  "tag-immutable",
  "destination-refused",
  "unsupported",
  "rate-limited",
  "registry-unavailable",
  "timeout",
  "cancelled",
  "internal",
] as const;

/** What kind of failure it is, as API clients see it. */
export type CopyErrorCode = (typeof COPY_ERROR_CODES)[number];

/** Which end of a copy a failure belongs to. */
export type Side = "source" | "destination" | "staging";

/** What the registry itself said: its HTTP status and, where its body had one, the first OCI error. */
export interface Upstream {
  status: number;
  /** The OCI error code, in upper case: `DENIED`. */
  code?: string;
  /** In its own words, cut and without credentials: safe to show. */
  message?: string;
}

/**
 * What may be done about a failure.
 *
 * - `never`: the same request would fail again; give up.
 * - `now`: the cause is already dealt with (a token was dropped, another way to upload was chosen); try again at once.
 * - `later`: try again after a back-off, or after `waitMs` where the registry asked for that long.
 */
export type Retry = "never" | "now" | "later";

/** One thing that went wrong, as a plain value that survives JSON. */
export interface Failure {
  /** The kind of failure: what callers and programs go by. */
  code: CopyErrorCode;
  /** One sentence for a person: what failed, and where it helps, what to do. Never contains a credential or a query string. */
  message: string;
  /** What may be done about it. */
  retry: Retry;
  /** Milliseconds that the registry asked to be left alone (`Retry-After`); only with `retry: "later"`. */
  waitMs?: number;
  /** Unset where the failure belongs to no one end. */
  side?: Side;
  /** Host (and port) of the registry concerned, as the user writes it. */
  registry?: string;
  /** What the registry answered; unset where none came, or the fault was found here. */
  upstream?: Upstream;
}

/** Longest message, in characters: it stands in rows, events, callbacks and the log, and may quote what a registry chose the length of. */
export const MAX_MESSAGE_LENGTH = 2_000;

/** The one error class of the copy path: a {@link Failure} that can be thrown. A message that is too long is cut. */
export class CopyError extends Error {
  override readonly name = "CopyError";
  readonly failure: Failure;

  constructor(failure: Failure, cause?: unknown) {
    super(failure.message, cause === undefined ? undefined : { cause });
    this.failure =
      failure.message.length > MAX_MESSAGE_LENGTH
        ? { ...failure, message: `${failure.message.slice(0, MAX_MESSAGE_LENGTH)}…`.toWellFormed() }
        : failure;
  }
}

/** Returns the failure that an unknown thrown value stands for; anything that is not a {@link CopyError} is `internal`. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof CopyError) {
    return thrown.failure;
  }
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "internal", message: `Unexpected: ${text}`, retry: "later" };
}
