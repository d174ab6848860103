/** First step of a job over many tags: reads the source's list of tags, page by page, and makes an image of each that is meant. */
import { untilAborted } from "../../net/abort.ts";
import { digestOf } from "../../oci/digest.ts";
import { CopyError } from "../../oci/errors.ts";
import { isTag, parseReference, type Reference, repositoryName } from "../../oci/reference.ts";
import { isDigestTag } from "../../oci/referrer-tags.ts";
import { type TagTest, tagTest } from "../../request/tag-filter.ts";
import type { SliceContext } from "../images/slice-context.ts";

/** Most tags of one job. A repository with more can be copied in parts, by filters. */
const MAX_TAGS = 100_000;

/** Most pages of one list: a registry that goes on beyond that never ends. */
export const MAX_PAGES = 10_000;

/** Tags that are put to the filter in one go; in between a cancel is heard. The most costly filter takes some 15 ms for a tag. */
const FILTERED_AT_ONCE = 100;

/**
 * Reads on where the last slice left off. Every page is stored with the address of the next.
 *
 * With `referrers` the tags that signatures and lists of referrers have are left out: they go with the images that they are about.
 * Gives `stopped` where the slice ran out of time. Fails with the source's failures, with `registry-unavailable` where the list leads in a
 * circle, `unsupported` where it is too long; nothing was copied then.
 */
export async function listTags(slice: SliceContext): Promise<"done" | "stopped"> {
  const { tags: filter, source: text, referrers } = slice.request;
  const source = parseReference(text);
  const repository = repositoryName(source);
  const directory = slice.openDirectory("source", source);
  const test = tagTest(filter ?? "all");
  for (let listing = slice.listing.state(); !listing.complete; listing = slice.listing.state()) {
    if (!slice.hasTime()) {
      return "stopped";
    }
    await slice.admit(source.registry, "source");
    const { tags, next = null } = await untilAborted(slice.cancelled, directory.tagPage(listing.next ?? undefined));
    const page = tags.length === 0 ? null : digestOf(new TextEncoder().encode(tags.join("\n")));
    if (next !== null && (slice.listing.wasAsked(next) || (page !== null && page === listing.page) || listing.pages >= MAX_PAGES)) {
      throw endless(source, listing.pages + 1);
    }
    // What is no tag can't be asked for; serverless-registry lists digests too (Q144).
    const sound = tags.filter((tag) => isTag(tag) && !(referrers && isDigestTag(tag)));
    slice.listing.add(repository, { ...chosen(await accepted(sound, test, slice), repository, test, slice), next, page });
    if (slice.listing.count() > MAX_TAGS) {
      throw tooMany(source);
    }
    slice.forward();
  }
  return "done";
}

async function accepted(tags: readonly string[], test: TagTest, slice: SliceContext): Promise<string[]> {
  const found: string[] = [];
  for (let from = 0; from < tags.length; from += FILTERED_AT_ONCE) {
    found.push(...tags.slice(from, from + FILTERED_AT_ONCE).filter(test.accepts));
    await slice.effects.sleep(0, slice.cancelled);
  }
  return found;
}

/** Of a page's tags those to add, and of the earlier ones those that must go for them. */
function chosen(tags: readonly string[], repository: string, test: TagTest, slice: SliceContext): { tags: string[]; dropped: string[] } {
  const earlier = test.isLimited ? slice.listing.tags(repository) : [];
  const newest = new Set(test.newest([...new Set([...earlier, ...tags])]));
  return { tags: tags.filter((tag) => newest.has(tag)), dropped: earlier.filter((tag) => !newest.has(tag)) };
}

function endless({ registry, repository }: Reference, pages: number): CopyError {
  const message = `${registry} lists the tags of ${repository} without an end: what follows page ${pages} is a page that came before. Nothing was copied`;
  return new CopyError({ code: "registry-unavailable", message, retry: "never", side: "source", registry });
}

function tooMany({ registry, repository }: Reference): CopyError {
  const message = `${repository} has more than ${MAX_TAGS} tags that are meant. Nothing was copied; copy it in parts, by "include" or "semver"`;
  return new CopyError({ code: "unsupported", message, retry: "never", side: "source", registry });
}
