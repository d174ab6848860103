/** What a job asks of the object that watches over a destination repository. */
import type { Digest } from "../../oci/digest.ts";
import type { Claim } from "./blob-leases.ts";
import type { TagOutcome, TagVerdict, TagWrite } from "./tag-rows.ts";

/** How much of what a tag stands for is at the repository: all of it, or an index without some of what it names. */
export type TagExtent = "whole" | "sparse";

/** `busy`: another job's write is under way that may undo it, or has undone it since this job looked. `sparse`: it is known to lack some of what it stands for, and not said to be whole. */
export type NotedTag = "noted" | "busy" | "sparse";

/** The object that watches over one destination repository, as jobs call it. Jobs are told apart by `holder`, their id. */
export interface DestinationLink {
  /** Sorts digests into those that are there, those that this holder is to bring, and those that another is bringing. */
  claim(holder: string, digests: Digest[]): Promise<Claim>;
  /** Keeps the leases, or takes them again where the object was restarted meanwhile and nobody else has them. */
  renew(holder: string, digests: Digest[]): Promise<void>;
  /** Gives leases back. `present`: the repository has the content, so that nobody needs to look for a while; if not, it is looked for again. */
  release(holder: string, digests: Digest[], present: boolean): Promise<void>;
  /** Waits until asking for these digests again makes sense, at most `ms`. */
  waitFor(digests: Digest[], ms: number): Promise<void>;
  /** Asks to write a tag. Where the verdict allows it the tag is held for the job until `endTag`; the same call again keeps the hold. */
  beginTag(write: TagWrite): Promise<TagVerdict>;
  /** Reports how a write ended, and lets others write the tag. `extent`: how much of what it stands for is there, where that is known. */
  endTag(write: TagWrite, outcome: TagOutcome, extent?: TagExtent): Promise<void>;
  /**
   * Notes a tag that was found to have the digest already; the answer says what keeps it from being done with that. `made`: the job has made sure
   * that all of it is there, or all that it wants of it.
   */
  noteTag(write: TagWrite, made?: "whole" | "wanted"): Promise<NotedTag>;
  /** The same for many tags, of which only the digest is known; returns those that are not done with that. */
  noteTags(writes: TagWrite[]): Promise<string[]>;
  /** Whether the index with this digest, under whichever tag, is known to lack some of what it names. */
  isSparse(digest: Digest): Promise<boolean>;
  /** Notes how much is there of what was put by its digest alone. */
  noteExtent(digest: Digest, extent: TagExtent): Promise<void>;
}
