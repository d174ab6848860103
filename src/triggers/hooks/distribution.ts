/**
 * CNCF distribution and what is built on it (GitLab's container registry): its `notifications`, envelopes v1 and v2.
 *
 * The push of an image makes an event for each blob and manifest; the one with a tag is taken as the push. By default it waits a second for an answer. What
 * gets none, or no 2xx, it repeats without end, before it sends anything else.
 */
import { isManifest } from "../../oci/media-types.ts";
import { listAt, recordAt, textAt } from "../json-fields.ts";
import { momentOf } from "./moment.ts";
import { type HookEvents, ignored, notFrom, pushed, type Sender, shown, together } from "./push-event.ts";
import { hasSecret } from "./verify.ts";

/** CNCF distribution. Authenticated by a secret in one of the headers of its configuration, or in the URL. */
export const DISTRIBUTION: Sender = {
  verify: hasSecret,
  read: (json) =>
    Array.isArray(recordAt(json)?.events) ? together(listAt(json, "events").map(readDistributionEvent)) : notFrom("distribution"),
};

/** Reads one event of an envelope. Azure's registry sends the same without an envelope. */
export function readDistributionEvent(event: unknown): HookEvents {
  const [action, repository, type] = [textAt(event, "action"), textAt(event, "target", "repository"), textAt(event, "target", "mediaType")];
  if (action === undefined || repository === undefined) {
    return notFrom("distribution");
  }
  const registry = textAt(event, "request", "host");
  const reference = `${registry ?? ""}/${repository}`;
  if (action !== "push") {
    return ignored(`a ${shown(action)} is no push`, reference);
  }
  if (type !== undefined && !isManifest(type)) {
    return ignored("a blob is no image", reference);
  }
  return pushed({
    registry,
    repository,
    tag: textAt(event, "target", "tag"),
    digest: textAt(event, "target", "digest"),
    pushedAt: momentOf(recordAt(event)?.timestamp),
    id: textAt(event, "id"),
    actor: textAt(event, "actor", "name"),
  });
}
