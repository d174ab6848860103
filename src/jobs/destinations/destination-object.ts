import { DurableObject } from "cloudflare:workers";
import type { Digest } from "../../oci/digest.ts";
import { workerEffects } from "../worker-effects.ts";
import { BlobLeases, type Claim } from "./blob-leases.ts";
import type { DestinationLink, NotedTag, TagExtent } from "./destination-link.ts";
import { SparseTags } from "./sparse-tags.ts";
import { type TagOutcome, TagRows, type TagVerdict, type TagWrite } from "./tag-rows.ts";

/**
 * One destination repository, under its full name: who carries which blob there, and in which order its tags are written. What each call
 * does, {@link DestinationLink} says.
 */
export class Destination extends DurableObject implements DestinationLink {
  readonly #leases = new BlobLeases();
  readonly #tags = new TagRows(this.ctx.storage.sql);
  readonly #sparse = new SparseTags(this.ctx.storage.sql);

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
      this.#noteExtent(write, extent);
    }
  }

  async noteTag(write: TagWrite, made?: "whole" | "wanted"): Promise<NotedTag> {
    if (made === undefined && this.#sparse.has(write.tag, write.digest)) {
      return "sparse";
    }
    if (!this.#tags.noteFound(write, Date.now())) {
      return "busy";
    }
    this.#noteExtent(write, made === "whole" ? made : undefined);
    return "noted";
  }

  async noteTags(writes: TagWrite[]): Promise<string[]> {
    const sparse = new Set(this.#sparse.among(writes));
    return [...sparse, ...this.#tags.noteAllFound(sparse.size === 0 ? writes : writes.filter(({ tag }) => !sparse.has(tag)), Date.now())];
  }

  async isSparse(tag: string, digest: Digest): Promise<boolean> {
    return this.#sparse.has(tag, digest);
  }

  #noteExtent({ tag, digest }: TagWrite, extent: TagExtent | undefined): void {
    if (extent === "sparse") {
      this.#sparse.add(tag, digest);
    } else if (extent === "whole") {
      this.#sparse.remove(tag);
    }
  }
}
