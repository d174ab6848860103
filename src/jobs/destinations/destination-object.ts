import { DurableObject } from "cloudflare:workers";
import type { Digest } from "../../oci/digest.ts";
import { workerEffects } from "../worker-effects.ts";
import { BlobLeases, type Claim } from "./blob-leases.ts";
import type { DestinationLink, NotedTag, TagExtent } from "./destination-link.ts";
import { SparseIndexes } from "./sparse-indexes.ts";
import { type TagOutcome, TagRows, type TagVerdict, type TagWrite } from "./tag-rows.ts";

/**
 * One destination repository, under its full name: who carries which blob there, and in which order its tags are written. What each call
 * does, {@link DestinationLink} says.
 */
export class Destination extends DurableObject implements DestinationLink {
  readonly #leases = new BlobLeases();
  readonly #tags = new TagRows(this.ctx.storage.sql);
  readonly #sparse = new SparseIndexes(this.ctx.storage.sql);

  async claim(holder: string, digests: Digest[]): Promise<Claim> {
    return this.#leases.claim(holder, digests, Date.now());
  }

  async renew(holder: string, digests: Digest[]): Promise<void> {
    this.#leases.renew(holder, digests, Date.now());
  }

  async release(holder: string, digests: Digest[], present: boolean): Promise<void> {
    this.#leases.release(holder, digests, present, Date.now());
  }

  async waitFor(digests: Digest[], ms: number): Promise<void> {
    const expiry = this.#leases.firstExpiry(digests, Date.now()) - Date.now();
    await this.#leases.released(digests, workerEffects.sleep(Math.max(0, Math.min(ms, expiry))));
  }

  async beginTag(write: TagWrite): Promise<TagVerdict> {
    return this.#tags.begin(write, Date.now());
  }

  async endTag(write: TagWrite, outcome: TagOutcome, extent?: TagExtent): Promise<void> {
    this.#tags.end(write, outcome, Date.now());
    if (outcome !== "not-written") {
      this.#noteExtent(write.digest, extent);
    }
  }

  async noteTag(write: TagWrite, made?: "whole" | "wanted"): Promise<NotedTag> {
    if (made === undefined && this.#sparse.has(write.digest)) {
      return "sparse";
    }
    if (!this.#tags.noteFound(write, Date.now())) {
      return "busy";
    }
    this.#noteExtent(write.digest, made === "whole" ? made : undefined);
    return "noted";
  }

  async noteTags(writes: TagWrite[]): Promise<string[]> {
    const lacking = this.#sparse.among(writes.map(({ digest }) => digest));
    const [sparse, whole] = [writes.filter(({ digest }) => lacking.has(digest)), writes.filter(({ digest }) => !lacking.has(digest))];
    return [...sparse.map(({ tag }) => tag), ...this.#tags.noteAllFound(whole, Date.now())];
  }

  async isSparse(digest: Digest): Promise<boolean> {
    return this.#sparse.has(digest);
  }

  async noteExtent(digest: Digest, extent: TagExtent): Promise<void> {
    this.#noteExtent(digest, extent);
  }

  #noteExtent(digest: Digest, extent: TagExtent | undefined): void {
    if (extent === "sparse") {
      this.#sparse.add(digest);
    } else if (extent === "whole") {
      this.#sparse.remove(digest);
    }
  }
}
