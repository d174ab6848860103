/** What became of tags that were listed and then not found: deleted meanwhile, or listed by a registry that does not have them. */
import { untilAborted } from "../../net/abort.ts";
import type { Failure } from "../../oci/errors.ts";
import { parseReference, repositoryName } from "../../oci/reference.ts";
import type { SliceContext } from "../images/slice-context.ts";
import { MAX_PAGES } from "./list-tags.ts";

/**
 * Looks at the list again where there are such tags, as far as the slice's time allows. Those that it no longer has end as `skipped`: whoever asked for
 * all tags wanted those that there are. The others end as `failed`, since something is lost there. Fails with what the list fails with, and when
 * cancelled.
 */
export async function confirmGone(slice: SliceContext): Promise<void> {
  const source = parseReference(slice.request.source);
  const repository = repositoryName(source);
  const missed = slice.listing.gone(repository);
  if (missed.size === 0) {
    return;
  }
  const failure = (message: string): Failure => ({ code: "not-found", message, retry: "never", side: "source", registry: source.registry });
  const stillListed = failure(`${source.registry} lists this tag of ${source.repository}, but does not have it`);
  const directory = slice.openDirectory("source", source);
  let place = slice.listing.secondLook();
  do {
    if (!slice.hasTime()) {
      return;
    }
    await slice.admit(source.registry, "source");
    const { tags, next } = await untilAborted(slice.cancelled, directory.tagPage(place?.next));
    const found = tags.filter((tag) => missed.has(tag));
    slice.listing.endMissed(
      found.map((tag) => missed.get(tag) as number),
      "failed",
      stillListed,
    );
    for (const tag of found) {
      missed.delete(tag);
    }
    place = next === undefined ? undefined : { next, pages: (place?.pages ?? 0) + 1 };
    slice.listing.lookedAgain(place);
    slice.forward();
  } while (place !== undefined && place.pages < MAX_PAGES && missed.size > 0);
  const rest = [...missed.values()];
  if (place === undefined) {
    slice.listing.endMissed(rest, "skipped", failure(`The tag was deleted from ${repository} before it was copied`));
  } else {
    slice.listing.endMissed(rest, "failed", failure(`${repository} does not have the tag, and the list of its tags has no end`));
    slice.listing.lookedAgain(undefined);
  }
}
