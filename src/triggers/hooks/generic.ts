/**
 * `generic`: whoever can compute an HMAC. The body is that of `POST /copy`, or names only a `source` where the hook has rules, which then say
 * where it goes.
 *
 * `X-Signature-256: sha256=<hex>` signs the body. With `X-Signature-Timestamp` (seconds since the epoch) it signs `timestamp.body`, and is good for five
 * minutes: what was signed with a time can't be sent again later, with or without it.
 */
import { InvalidReference, sourceReference } from "../../oci/reference.ts";
import { recordAt, textAt } from "../json-fields.ts";
import { isRecent, joined } from "../signature.ts";
import { type HookEvents, ignored, pushed, type Sender, shown } from "./push-event.ts";
import { isSigned } from "./verify.ts";

const TIMESTAMP = "x-signature-timestamp";

export const GENERIC: Sender = {
  verify: async (delivery, hook, { nowMs }) => {
    const timestamp = delivery.headers.get(TIMESTAMP);
    const content = timestamp === null ? delivery.body : joined(`${timestamp}.`, delivery.body);
    const isOurs = await isSigned(delivery, hook, "x-signature-256", content);
    return isOurs && (timestamp === null || isRecent(timestamp, nowMs));
  },
  read: (json, headers) => {
    const source = textAt(json, "source") ?? "";
    try {
      return pushed({ ...sourceReference(source), pushedAt: signedMoment(headers) });
    } catch (error) {
      if (error instanceof InvalidReference) {
        return { ...ignored(`"source" is not an image reference (${error.message})`, shown(source)) } satisfies HookEvents;
      }
      throw error;
    }
  },
};

/** The time that was signed, which tells a repeated delivery from the next. */
export function signedMoment(headers: Headers): string | undefined {
  return headers.get(TIMESTAMP) ?? undefined;
}

/** Whether a body leaves it to the hook's rules where the image goes. */
export function leavesDestination(json: unknown): boolean {
  const fields = Object.keys(recordAt(json) ?? {});
  return fields.length === 1 && fields[0] === "source";
}
