/**
 * Harbor, in its own format and as CloudEvents.
 *
 * The event of a push without a tag has the digest in place of the tag; that of a push with several tags names only the first.
 */
import { listAt, textAt } from "../json-fields.ts";
import { type CloudEvent, cloudEventsOf, eventKey } from "./cloud-event.ts";
import { momentOf } from "./moment.ts";
import { type HookEvents, ignored, notFrom, type PushEvent, pushed, type Sender, shown, together } from "./push-event.ts";
import { hasSecret } from "./verify.ts";

/** Types of pushes in Harbor's own format; `pushImage` is that of version 1. */
const PUSHES: ReadonlySet<string> = new Set(["PUSH_ARTIFACT", "pushImage"]);

/** Harbor. Authenticated by the auth header of its webhook policy, which it sends as it is, or by a secret in the URL. */
export const HARBOR: Sender = {
  verify: hasSecret,
  read: (json, headers) => {
    const events = cloudEventsOf(json, headers);
    if (events !== undefined) {
      return together(events.map(readHarborCloudEvent));
    }
    const type = textAt(json, "type");
    if (type === undefined) {
      return notFrom("Harbor");
    }
    if (!PUSHES.has(type)) {
      return ignored(`the event ${shown(type)} is no push`);
    }
    const pushedAt = momentOf((json as { occur_at?: unknown }).occur_at);
    const pushes = resourcesOf((json as { event_data?: unknown }).event_data);
    return pushes.length === 0
      ? notFrom("Harbor")
      : pushed(...pushes.map((push) => ({ ...push, pushedAt, actor: textAt(json, "operator") })));
  },
};

/** Reads an event of Harbor's in the payload format "CloudEvents". */
export function readHarborCloudEvent(event: CloudEvent): HookEvents {
  if (event.type !== "harbor.artifact.pushed") {
    return ignored(`the event ${shown(event.type)} is no push`);
  }
  const pushes = resourcesOf(event.data);
  return pushes.length === 0
    ? notFrom("Harbor")
    : pushed(...pushes.map((push) => ({ ...push, pushedAt: momentOf(event.time), id: eventKey(event) })));
}

function resourcesOf(data: unknown): PushEvent[] {
  const repository = textAt(data, "repository", "repo_full_name");
  return repository === undefined
    ? []
    : listAt(data, "resources").map((resource) => ({
        // `resource_url` is a reference, without a scheme.
        registry: textAt(resource, "resource_url")
          ?.replace(/^https?:\/\//, "")
          .split("/")[0],
        repository,
        tag: textAt(resource, "tag"),
        digest: textAt(resource, "digest"),
      }));
}
