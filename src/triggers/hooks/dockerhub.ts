/**
 * Docker Hub, and registries that use its format (Alibaba Cloud's).
 *
 * Its events have neither a digest nor a type: each is the push of one tag. The `callback_url` in the body is never called: it is whatever the sender wants
 * it to be, and Docker no longer documents it.
 */
import { recordAt, textAt } from "../json-fields.ts";
import { momentOf } from "./moment.ts";
import { notFrom, pushed, type Sender } from "./push-event.ts";
import { hasPathSecret } from "./verify.ts";

/** Docker Hub. Only its URL can be configured, so the secret is in the path. */
export const DOCKERHUB: Sender = {
  verify: hasPathSecret,
  read: (json) => {
    const push = recordAt(json, "push_data");
    const repository = textAt(json, "repository", "repo_name") ?? textAt(json, "repository", "repo_full_name");
    if (push === undefined || repository === undefined) {
      return notFrom("Docker Hub");
    }
    return pushed({
      registry: "docker.io",
      repository: repository.toLowerCase(),
      tag: textAt(push, "tag"),
      digest: textAt(push, "digest"),
      pushedAt: momentOf(push.pushed_at),
      actor: textAt(push, "pusher"),
    });
  },
};
