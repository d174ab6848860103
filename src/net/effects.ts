/**
 * Everything outside that the lower layers touch, given as one value: time, chance, waiting and the network. Only the
 * edge of the program (Durable Objects, the carrier) makes a real one; tests make their own.
 */
export interface Effects {
  /** As the global function. */
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** At least 0, less than 1. */
  random(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `run` after `ms`, unless the function that it returns is called first. For a guard over work that nearly always ends in time, as over
   * every request: a `sleep` that is aborted costs ten times as much.
   */
  after(ms: number, run: () => void): () => void;
}
