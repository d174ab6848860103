/** One attempt to deliver a callback: what is sent, signed. Pure but for the library's hash. */
import { Webhook } from "standardwebhooks";
import { USER_AGENT } from "../../registry/user-agent.ts";

/** How an event is wrapped: by Standard Webhooks alone, or with the headers of a CloudEvent besides. */
export type CallbackFormat = "standard" | "cloudevents";

/** What has happened to the job: its first slice has begun, it got on, or it has ended. */
export type CallbackEvent = "started" | "progress" | "completed";

/** A callback as it is kept: the same bytes and id at each attempt, so that the receiver can tell a repetition. */
export interface Callback {
  /** Names the event for good: the same at each attempt, and the header `webhook-id`. */
  id: string;
  event: CallbackEvent;
  /** Id of the job. */
  job: string;
  /** The job, as JSON. */
  body: string;
  /** What the copy was of; the CloudEvent's subject. */
  subject: string;
  /** Milliseconds since the epoch. */
  occurredAt: number;
  /** Where it is sent. Its query may hold a secret. */
  url: string;
  format: CallbackFormat;
}

/**
 * The headers of an attempt at `nowMs`: those of Standard Webhooks 1.0.0, with `transship-event` saying what happened, and with the format
 * `cloudevents` also those of a CloudEvent in binary mode (CloudEvents 1.0.2, HTTP binding §3.1). Unsigned without a secret (`whsec_…`).
 */
export function callbackHeaders(callback: Callback, secret: string | undefined, nowMs: number): Record<string, string> {
  const { id, event, job, body, subject, occurredAt, format } = callback;
  const at = new Date(nowMs);
  return {
    "content-type": "application/json",
    "user-agent": USER_AGENT,
    "transship-event": event,
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(nowMs / 1000)),
    ...(secret === undefined ? {} : { "webhook-signature": new Webhook(secret).sign(id, at, body) }),
    ...(format === "standard"
      ? {}
      : {
          "ce-specversion": "1.0",
          "ce-id": id,
          "ce-source": `/jobs/${job}`,
          "ce-type": `io.transship.job.${event}`,
          "ce-subject": percentEncoded(subject),
          "ce-time": new Date(occurredAt).toISOString(),
        }),
  };
}

/** As the HTTP binding wants header values (§3.1.3.2): space, double quote, percent and everything outside printable ASCII are encoded. */
function percentEncoded(text: string): string {
  return text.replace(/[^\x21\x23\x24\x26-\x7e]/gu, (char) => encodeURIComponent(char.toWellFormed()));
}
