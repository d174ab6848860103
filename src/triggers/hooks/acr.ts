/**
 * Azure Container Registry: its own webhooks, which are sent once and not repeated, and Event Grid, which repeats them, in its own schema or as
 * CloudEvents.
 *
 * Event Grid first checks that a receiver wants its events: by an event whose code has to be sent back, or with CloudEvents by an OPTIONS request.
 * https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
 */
import { recordAt, textAt } from "../json-fields.ts";
import { type CloudEvent, cloudEventsOf } from "./cloud-event.ts";
import { readDistributionEvent } from "./distribution.ts";
import { type HookEvents, ignored, notFrom, type Sender, shown, together } from "./push-event.ts";
import { hasSecret } from "./verify.ts";

const PUSHED = "Microsoft.ContainerRegistry.ImagePushed";
const VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent";

/** Azure Container Registry. Authenticated by a secret in a header or in the URL. */
export const ACR: Sender = {
  verify: hasSecret,
  read: (json, headers) => {
    const events = cloudEventsOf(json, headers);
    if (events !== undefined) {
      return together(events.map(readAcrCloudEvent));
    }
    if (Array.isArray(json)) {
      return together(json.map((event) => readEventGrid(textAt(event, "eventType") ?? "", recordAt(event)?.data)));
    }
    const action = textAt(json, "action");
    if (action !== undefined && textAt(json, "target", "repository") === undefined) {
      return ignored(`a ${shown(action)} is no push`);
    }
    return action === undefined ? notFrom("Azure Container Registry") : readDistributionEvent(json);
  },
};

/** Reads an event of Event Grid's in the schema "CloudEvents". */
export function readAcrCloudEvent({ type, data }: CloudEvent): HookEvents {
  return readEventGrid(type, data);
}

function readEventGrid(type: string, data: unknown): HookEvents {
  const code = textAt(data, "validationCode");
  if (type === VALIDATION && code !== undefined) {
    return { ...ignored("Event Grid asks whether this is a receiver"), reply: { validationResponse: code } };
  }
  if (type !== PUSHED) {
    return type === "" ? notFrom("Azure Container Registry") : ignored(`the event ${shown(type)} is no push`);
  }
  return readDistributionEvent(data);
}
