/** Counts the requests to registries, by host and status, in memory; whoever holds a tally passes it on when its work is done. */
import type { Effects } from "../../net/effects.ts";

/** Requests by registry and status; `0` is one that got no answer. Plain, to go from one invocation to another. */
export type RequestCounts = Record<string, Record<string, number>>;

/** Requests that were counted since somebody last took them. */
export class RequestTally {
  #counts: RequestCounts = {};

  /** Adds what another invocation has counted, or what could not be passed on. */
  add(counts: RequestCounts): void {
    for (const [registry, statuses] of Object.entries(counts)) {
      for (const [status, count] of Object.entries(statuses)) {
        this.#count(registry, status, count);
      }
    }
  }

  /** Gives what was counted since the last time. */
  take(): RequestCounts {
    const counts = this.#counts;
    this.#counts = {};
    return counts;
  }

  /** The same effects, whose requests are counted as ones to `registry`. */
  counting(effects: Effects, registry: string): Effects {
    return {
      ...effects,
      fetch: async (url, init) => {
        let status = 0;
        try {
          const response = await effects.fetch(url, init);
          status = response.status;
          return response;
        } finally {
          this.#count(registry, String(status), 1);
        }
      },
    };
  }

  #count(registry: string, status: string, count: number): void {
    const statuses = this.#counts[registry] ?? {};
    this.#counts[registry] = statuses;
    statuses[status] = (statuses[status] ?? 0) + count;
  }
}
