/**
 * Quay: "Push to Repository" notifications, which have neither a digest nor a time nor an id. Quay disables a notification after three failures.
 */
import { recordAt, textAt } from "../json-fields.ts";
import { type HookEvents, ignored, notFrom, type Sender } from "./push-event.ts";
import { hasPathSecret } from "./verify.ts";

/** Quay. Only its URL can be configured, so the secret is in the path. */
export const QUAY: Sender = {
  verify: hasPathSecret,
  read: (json) => {
    const [, registry, repository] = /^(?:https?:\/\/)?([^/]+)\/(.+)$/.exec(textAt(json, "docker_url") ?? "") ?? [];
    if (registry === undefined || repository === undefined) {
      return notFrom("Quay");
    }
    const tags = tagsOf(recordAt(json)?.updated_tags);
    if (tags.length === 0) {
      return ignored("no tag was pushed", `${registry}/${repository}`);
    }
    return { pushes: tags.map((tag) => ({ registry, repository, tag })), ignored: [] } satisfies HookEvents;
  },
};

/** The tags that were pushed: a list, or in old versions of Quay a map from tag to image. */
function tagsOf(updated: unknown): string[] {
  const tags = Array.isArray(updated) ? updated : Object.keys(recordAt(updated) ?? {});
  return tags.filter((tag) => typeof tag === "string");
}
