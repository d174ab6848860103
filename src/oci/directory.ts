/** What a repository tells of its own content, beside the content itself. Every method throws a `CopyError`. */
import type { Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";

/** One page of a repository's tags. */
export interface TagPage {
  /** In the registry's order. */
  tags: string[];
  /** What to ask for the next page with; unset at the end. */
  next?: string;
}

/** The listings of one repository: its tags, and what is attached to its manifests. */
export interface ContentDirectory {
  /**
   * Manifests that are attached to this one, by the referrers API; `undefined` where the registry has none. Sizes are not to be relied on (Q132).
   * Once a registry was found to have none, nothing is asked.
   */
  referrers(subject: Digest): Promise<Descriptor[] | undefined>;
  /** One page of the repository's tags, in no order that can be relied on. @default next the first page */
  tagPage(next?: string): Promise<TagPage>;
}
