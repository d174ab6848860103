/** What became of tags that were listed and then not found: deleted meanwhile, or listed by a registry that does not have them. */
import { untilAborted } from "../../net/abort.ts";
import type { Failure } from "../../oci/errors.ts";
import { parseReference, repositoryName } from "../../oci/reference.ts";
import type { SliceContext } from "../images/slice-context.ts";
import { MAX_PAGES } from "./list-tags.ts";

/**
 * Looks at the list again where there are such tags. Those that it no longer has end as `skipped`: whoever asked for all tags wanted those that there
 * are. The others end as `failed`, since something is lost there. Fails with what the list fails with, and when cancelled.
 */
export async function confirmGone(slice: SliceContext): Promise<void> {
  const source = parseReference(slice.request.source);
  const missed = slice.listing.gone(repositoryName(source));
  if (missed.size === 0) {
    return;
  }
  const failure = (message: string): Failure => ({ code: "not-found", message, retry: "never", side: "source", registry: source.registry });
  const directory = slice.openDirectory("source", source);
  const listed: number[] = [];
  let next: string | undefined;
  for (let pages = 0; pages === 0 || (next !== undefined && pages < MAX_PAGES && missed.size > 0); pages++) {
    await slice.admit(source.registry, "source");
    const page = await untilAborted(slice.cancelled, directory.tagPage(next));
    for (const tag of page.tags) {
      const image = missed.get(tag);
      if (image !== undefined) {
        listed.push(image);
        missed.delete(tag);
      }
    }
    next = page.next;
  }
  slice.listing.endMissed(listed, "failed", failure(`${source.registry} lists this tag of ${source.repository}, but does not have it`));
  slice.listing.endMissed(
    [...missed.values()],
    "skipped",
    failure(`The tag was deleted from ${repositoryName(source)} before it was copied`),
  );
  slice.forward();
}
