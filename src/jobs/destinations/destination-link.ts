/** What a job asks of the object that watches over a destination repository. */
import type { Digest } from "../../oci/digest.ts";
import type { Claim } from "./blob-leases.ts";
import type { TagOutcome, TagVerdict, TagWrite } from "./tag-rows.ts";

export interface DestinationLink {
  /** Sorts digests into those that are there, those that this holder is to bring, and those that another is bringing. */
  claim(holder: string, digests: Digest[]): Promise<Claim>;
  /** Keeps the leases, or takes them again where the object was restarted meanwhile and nobody else has them. */
  renew(holder: string, digests: Digest[]): Promise<void>;
  release(holder: string, digests: Digest[], present: boolean): Promise<void>;
  /** Waits until asking for these digests again makes sense, at most `ms`. */
  waitFor(digests: Digest[], ms: number): Promise<void>;
  beginTag(write: TagWrite): Promise<TagVerdict>;
  endTag(write: TagWrite, outcome: TagOutcome): Promise<void>;
  /** Notes a tag that was found to have the digest already; `false` where another job's write is under way that may undo it. */
  noteTag(write: TagWrite): Promise<boolean>;
  /** The same for many tags; gives those that somebody is writing. */
  noteTags(writes: TagWrite[]): Promise<string[]>;
}
