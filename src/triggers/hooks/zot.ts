/** zot: CloudEvents in binary mode. They do not name their registry, so the hook has to. */
import { textAt } from "../json-fields.ts";
import { type CloudEvent, cloudEventsOf, eventKey } from "./cloud-event.ts";
import { momentOf } from "./moment.ts";
import { type HookEvents, ignored, notFrom, pushed, type Sender, shown, together } from "./push-event.ts";
import { hasSecret } from "./verify.ts";

/** zot. Authenticated by a secret in a header or in the URL. */
export const ZOT: Sender = {
  verify: hasSecret,
  read: (json, headers) => {
    const events = cloudEventsOf(json, headers);
    return events === undefined ? notFrom("zot") : together(events.map(readZotCloudEvent));
  },
};

/** Reads one event of zot's. */
export function readZotCloudEvent(event: CloudEvent): HookEvents {
  const { type, data } = event;
  if (type !== "zotregistry.image.updated") {
    return ignored(`the event ${shown(type)} is no push`);
  }
  const repository = textAt(data, "name");
  if (repository === undefined) {
    return notFrom("zot");
  }
  return pushed({
    repository,
    tag: textAt(data, "reference"),
    digest: textAt(data, "digest"),
    pushedAt: momentOf(event.time),
    id: eventKey(event),
    actor: textAt(data, "actor", "name"),
  });
}
