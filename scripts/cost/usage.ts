/** What a meter reads: counts since a Worker was started. */

/** What the objects of one class took. */
export interface ObjectUsage {
  /** Calls by RPC, and alarms. Calls back over a function that was passed along belong to the session of that call and are not counted. */
  requests: number;
  /** Time that the objects had at least one call or alarm at work, summed over the objects, in milliseconds. */
  heldMs: number;
  rowsRead: number;
  /** An alarm that is set is one of them. */
  rowsWritten: number;
  /** Size of each object's database when it was last at work, summed, in bytes. */
  storedBytes: number;
}

/** What a Worker and its objects took since it was started. */
export interface Usage {
  objects: Record<string, ObjectUsage>;
  /** Operations on R2 that change or list, and those that read. */
  r2: { classA: number; classB: number };
}
