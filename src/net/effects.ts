/**
 * Everything outside that the lower layers touch, given as one value: time, chance, waiting and the network. Only the
 * edge of the program (Durable Objects, the carrier) makes a real one; tests make their own.
 */
export interface Effects {
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** At least 0, less than 1. */
  random(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `run` after `ms`, unless the function that it gives is called first. For a guard over what nearly always ends in time: a sleep that is given
   * up costs ten times as much, and one stands over every request.
   */
  after(ms: number, run: () => void): () => void;
}
