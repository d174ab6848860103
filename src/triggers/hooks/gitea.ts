/** Gitea and Forgejo: the event `package`. They send GitHub's headers too, but another body. */
import { recordAt, textAt } from "../json-fields.ts";
import { momentOf } from "./moment.ts";
import { ignored, notFrom, pushed, type Sender, shown } from "./push-event.ts";
import { isSigned } from "./verify.ts";

/** Gitea and Forgejo. Authenticated by the HMAC of the body. */
export const GITEA: Sender = {
  verify: (delivery, hook) =>
    isSigned(delivery, hook, delivery.headers.has("x-gitea-signature") ? "x-gitea-signature" : "x-hub-signature-256"),
  read: (json, headers) => {
    const event = headers.get("x-gitea-event");
    if (event === null) {
      return notFrom("Gitea");
    }
    const found = recordAt(json, "package");
    if (event !== "package" || found === undefined) {
      return ignored(`the event "${shown(event)}" is no push of a package`);
    }
    const [action, type] = [textAt(json, "action"), textAt(found, "type")];
    if (type !== "container") {
      return ignored(`a package of type "${shown(type ?? "")}" is no container image`);
    }
    if (action !== "created") {
      return ignored(`the action "${shown(action ?? "")}" is no push`);
    }
    const owner = textAt(found, "owner", "login") ?? textAt(found, "owner", "username");
    const name = textAt(found, "name");
    if (owner === undefined || name === undefined) {
      return notFrom("Gitea");
    }
    return pushed({
      // The registry has the same host as the web pages.
      registry: URL.parse(textAt(found, "html_url") ?? "")?.host || undefined,
      repository: `${owner}/${name}`.toLowerCase(),
      tag: textAt(found, "version"),
      pushedAt: momentOf(found.created_at),
      id: headers.get("x-gitea-delivery") ?? undefined,
      actor: textAt(json, "sender", "login"),
    });
  },
};
