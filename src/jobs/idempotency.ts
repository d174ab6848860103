/** A caller's name for a request, so that the same request sent twice makes one job. */
export interface Idempotency {
  /** Keeps the keys of different callers apart. */
  principal: string;
  key: string;
}
