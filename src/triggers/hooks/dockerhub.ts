/**
 * Docker Hub, and what writes as it does (Alibaba Cloud's registry).
 *
 * It can be given a URL and nothing else, so the secret is in the path. No digest, no event type: every call is a push of one tag. The
 * `callback_url` in the body is never called: whoever knows the secret chooses it, and nothing documents it any more.
 */
import { recordAt, textAt } from "../json-fields.ts";
import { momentOf } from "./moment.ts";
import { notFrom, pushed, type Sender } from "./push-event.ts";
import { hasPathSecret } from "./verify.ts";

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
