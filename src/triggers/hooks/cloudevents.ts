/** CloudEvents of any sender that is understood: Harbor, zot, ECR and Azure. */
import { readAcrCloudEvent } from "./acr.ts";
import { type CloudEvent, cloudEventsOf } from "./cloud-event.ts";
import { readEcrCloudEvent } from "./ecr.ts";
import { readHarborCloudEvent } from "./harbor.ts";
import { type HookEvents, ignored, notFrom, type Sender, shown, together } from "./push-event.ts";
import { hasSecret } from "./verify.ts";
import { readZotCloudEvent } from "./zot.ts";

/** The reader of events, by the prefix of their type. */
const READERS: readonly (readonly [prefix: string, read: (event: CloudEvent) => HookEvents])[] = [
  ["harbor.", readHarborCloudEvent],
  ["zotregistry.", readZotCloudEvent],
  ["com.amazon.ecr.", readEcrCloudEvent],
  ["Microsoft.", readAcrCloudEvent],
];

/** Any sender of CloudEvents. Authenticated by a secret in a header or in the URL. */
export const CLOUDEVENTS: Sender = {
  verify: hasSecret,
  read: (json, headers) => {
    const events = cloudEventsOf(json, headers);
    return events === undefined || events.length === 0 ? notFrom("a sender of CloudEvents 1.0") : together(events.map(readKnown));
  },
};

function readKnown(event: CloudEvent): HookEvents {
  const [, read] = READERS.find(([prefix]) => event.type.startsWith(prefix)) ?? [];
  return read === undefined ? ignored(`events of type ${shown(event.type)} are not known here`) : read(event);
}
