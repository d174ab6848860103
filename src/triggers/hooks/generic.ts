/**
 * `generic`: any sender that can compute an HMAC. The body is that of `POST /copy`; or it has only a `source`, and the hook's rules say where that is
 * copied.
 *
 * `X-Signature-256: sha256=<hex>` signs the body. With `X-Signature-Timestamp` (seconds since the epoch) it signs `timestamp.body` and is good for five
 * minutes; a recorded request can't be sent again later by leaving the timestamp out, since the signature is then another.
 */
import { InvalidReference, sourceReference } from "../../oci/reference.ts";
import { recordAt, textAt } from "../json-fields.ts";
import { isRecent, joined } from "../signature.ts";
import { type HookEvents, ignored, pushed, type Sender, shown } from "./push-event.ts";
import { isSigned } from "./verify.ts";

const TIMESTAMP = "x-signature-timestamp";

/** Any sender. Authenticated by the HMAC of the body, with or without a timestamp. */
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

/** The timestamp that was signed: equal in repetitions of a delivery, different in the next one. */
export function signedMoment(headers: Headers): string | undefined {
  return headers.get(TIMESTAMP) ?? undefined;
}

/** Whether a body has only a `source`, so that the hook's rules say where it is copied. */
export function leavesDestination(json: unknown): boolean {
  const fields = Object.keys(recordAt(json) ?? {});
  return fields.length === 1 && fields[0] === "source";
}
