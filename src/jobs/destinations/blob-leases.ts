/**
 * Who carries which blob to one destination repository, so that a layer crosses the wire once however many jobs want it.
 *
 * Lives in memory: a lost lease costs a second transfer of a blob that the registry then has already, never a wrong one, and
 * a row written per blob would cost more than that is worth. Time is given in; waiting is the caller's.
 */
import { RecentMap } from "../../net/recent-map.ts";
import type { Digest } from "../../oci/digest.ts";

/** A lease that is not renewed for this long is free for others: the job that held it died. */
export const LEASE_MS = 30_000;

/** For how long a digest counts as present after it was seen or put there; garbage collection may take it later. */
const KNOWN_MS = 10 * 60 * 1000;

/** Digests remembered as present; the oldest go first. */
const MAX_KNOWN = 20_000;

/** What a holder is told of the digests that it asked for. Each is in one of the groups. */
export interface Claim {
  /** Present for sure: nothing to do. */
  known: Digest[];
  /** This holder's to bring. */
  granted: Digest[];
  /** Another holder is at it. */
  busy: Digest[];
}

/** The leases at one destination repository, and what it is known to have. */
export class BlobLeases {
  readonly #leases = new Map<Digest, { holder: string; until: number }>();
  readonly #known = new RecentMap<Digest, number>(MAX_KNOWN);
  readonly #waiting = new Set<{ digests: readonly Digest[]; wake: () => void }>();

  /** Gives each digest to one group. A holder that asks again for what it has gets it again. */
  claim(holder: string, digests: readonly Digest[], nowMs: number): Claim {
    const claim: Claim = { known: [], granted: [], busy: [] };
    for (const digest of digests) {
      const lease = this.#leases.get(digest);
      if ((this.#known.get(digest) ?? 0) > nowMs) {
        claim.known.push(digest);
      } else if (lease !== undefined && lease.holder !== holder && lease.until > nowMs) {
        claim.busy.push(digest);
      } else {
        this.#leases.set(digest, { holder, until: nowMs + LEASE_MS });
        claim.granted.push(digest);
      }
    }
    return claim;
  }

  /** Keeps a holder's leases for another {@link LEASE_MS}; takes those again that a restart has lost, unless another has them now. */
  renew(holder: string, digests: readonly Digest[], nowMs: number): void {
    for (const digest of digests) {
      const lease = this.#leases.get(digest);
      if (lease === undefined || lease.holder === holder || lease.until <= nowMs) {
        this.#leases.set(digest, { holder, until: nowMs + LEASE_MS });
      }
    }
  }

  /** Gives leases back; `present` says that the repository has the content now. */
  release(holder: string, digests: readonly Digest[], present: boolean, nowMs: number): void {
    for (const digest of digests) {
      if (this.#leases.get(digest)?.holder === holder) {
        this.#leases.delete(digest);
      }
      this.#known.delete(digest);
      if (present) {
        this.#known.set(digest, nowMs + KNOWN_MS);
      }
    }
    for (const waiter of this.#waiting) {
      if (waiter.digests.some((digest) => digests.includes(digest))) {
        waiter.wake();
      }
    }
  }

  /** Resolves at the next release of one of these, or when `over` does. */
  async released(digests: readonly Digest[], over: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { digests, wake: resolve };
    this.#waiting.add(waiter);
    try {
      await Promise.race([promise, over]);
    } finally {
      this.#waiting.delete(waiter);
    }
  }

  /** When the first of these leases runs out if nobody renews it; now, where none is held. */
  firstExpiry(digests: readonly Digest[], nowMs: number): number {
    return Math.min(...digests.map((digest) => this.#leases.get(digest)?.until ?? nowMs));
  }
}
