/** A caller's name for a request, so that the same request sent twice makes one job. */
export interface Idempotency {
  /** Keeps the keys of different callers apart. */
  principal: string;
  /** The caller's `Idempotency-Key`, or what stands for it where a trigger sends none: a due time, the id of an event. */
  key: string;
}
