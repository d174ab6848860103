/**
 * Google Artifact Registry by way of a Pub/Sub push subscription: a message in its envelope, or unwrapped.
 *
 * https://cloud.google.com/artifact-registry/docs/configure-notifications
 */
import { InvalidReference, parseReference, type Reference } from "../../oci/reference.ts";
import { jsonInBase64, recordAt, textAt } from "../json-fields.ts";
import { isGoogleToken } from "./google-token.ts";
import { momentOf } from "./moment.ts";
import { type HookEvents, ignored, notFrom, pushed, type Sender, shown } from "./push-event.ts";
import { hasPathSecret } from "./verify.ts";

/** URL of the keys that Google signs its tokens with, as a JWK Set (RFC 7517 §5). */
const GOOGLE_KEYS = "https://www.googleapis.com/oauth2/v3/certs";

/** Google Artifact Registry. Authenticated by Google's token for the subscription's service account, by a secret in the path, or by both. */
export const GAR: Sender = {
  verify: async (delivery, hook, tools) => {
    const { audience = delivery.url.origin + delivery.url.pathname, email, jwks = GOOGLE_KEYS, secret } = hook;
    // What the hook names has to be right. Without a secret the path must hold nothing: it would not be checked.
    const isPathRight = secret === undefined ? delivery.pathSecret === undefined : await hasPathSecret(delivery, hook);
    if (email === undefined) {
      return isPathRight;
    }
    const [, token] = /^Bearer +(\S+)$/i.exec(delivery.headers.get("authorization") ?? "") ?? [];
    return token !== undefined && (await isGoogleToken(token, { audience, email, jwks }, tools)) && isPathRight;
  },
  read: (json, headers) => {
    const message = recordAt(json, "message");
    const data = message === undefined ? json : jsonInBase64(textAt(message, "data"));
    const pushedAt = momentOf(message?.publishTime ?? headers.get("x-goog-pubsub-publish-time"));
    const id = textAt(message, "messageId") ?? headers.get("x-goog-pubsub-message-id") ?? undefined;
    return readData(data, { pushedAt, id });
  },
};

function readData(data: unknown, delivery: { pushedAt: string | undefined; id: string | undefined }): HookEvents {
  const action = textAt(data, "action");
  const [tagged, byDigest] = [referenceIn(textAt(data, "tag")), referenceIn(textAt(data, "digest"))];
  const named = tagged ?? byDigest;
  if (action === undefined || named === undefined) {
    return notFrom("Artifact Registry");
  }
  if (action !== "INSERT") {
    return ignored(`the action ${shown(action)} is no push`, `${named.registry}/${named.repository}`);
  }
  return pushed({ ...delivery, registry: named.registry, repository: named.repository, tag: tagged?.tag, digest: byDigest?.digest });
}

function referenceIn(text: string | undefined): Reference | undefined {
  try {
    return text === undefined ? undefined : parseReference(text);
  } catch (error) {
    if (error instanceof InvalidReference) {
      return undefined;
    }
    throw error;
  }
}
