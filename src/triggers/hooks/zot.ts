/** zot: CloudEvents in binary mode. The events name no registry, so the hook does. */
import { textAt } from "../json-fields.ts";
import { type CloudEvent, cloudEventsOf, eventKey } from "./cloud-event.ts";
import { momentOf } from "./moment.ts";
import { type HookEvents, ignored, notFrom, pushed, type Sender, shown, together } from "./push-event.ts";
import { hasSecret } from "./verify.ts";

export const ZOT: Sender = {
  verify: hasSecret,
  read: (json, headers) => {
    const events = cloudEventsOf(json, headers);
    return events === undefined ? notFrom("zot") : together(events.map(readZotCloudEvent));
  },
};

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
