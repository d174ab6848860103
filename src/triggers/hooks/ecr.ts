/**
 * Amazon ECR by way of EventBridge and an API destination: the event itself, or a CloudEvent that an input transformer makes of it.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
import { textAt } from "../json-fields.ts";
import { type CloudEvent, cloudEventsOf, eventKey } from "./cloud-event.ts";
import { momentOf } from "./moment.ts";
import { type HookEvents, ignored, notFrom, pushed, type Sender, shown, together } from "./push-event.ts";
import { hasSecret } from "./verify.ts";

/** Amazon ECR. Authenticated by a secret in the header of the API destination's connection, or in the URL. */
export const ECR: Sender = {
  verify: hasSecret,
  read: (json, headers) => {
    const events = cloudEventsOf(json, headers);
    if (events !== undefined) {
      return together(events.map(readEcrCloudEvent));
    }
    const [account, region, repository] = [textAt(json, "account"), textAt(json, "region"), textAt(json, "detail", "repository-name")];
    if (textAt(json, "source") !== "aws.ecr") {
      return notFrom("ECR");
    }
    const action = textAt(json, "detail", "action-type");
    if (action !== "PUSH" || account === undefined || region === undefined || repository === undefined) {
      return ignored(`the event "${shown(textAt(json, "detail-type") ?? "")}" with the action "${shown(action ?? "")}" is no push`);
    }
    if (textAt(json, "detail", "result") !== "SUCCESS") {
      return ignored("the push failed", repository);
    }
    return pushed({
      registry: hostOf(account, region),
      repository,
      tag: textAt(json, "detail", "image-tag"),
      digest: textAt(json, "detail", "image-digest"),
      pushedAt: momentOf(textAt(json, "time")),
      id: textAt(json, "id"),
    });
  },
};

/** Reads a CloudEvent whose `source` is `urn:aws:ecr:REGION:ACCOUNT:repository/NAME`. */
export function readEcrCloudEvent(event: CloudEvent): HookEvents {
  if (event.type !== "com.amazon.ecr.image.push") {
    return ignored(`the event ${shown(event.type)} is no push`);
  }
  const [, region, account, path] = /^(?:urn|arn):aws[\w-]*:ecr:([\w-]+):(\d+):repository\/(.+)$/.exec(event.source) ?? [];
  if (region === undefined || account === undefined || path === undefined) {
    return notFrom("ECR");
  }
  const { data } = event;
  return pushed({
    registry: hostOf(textAt(data, "registryId") ?? account, region),
    repository: textAt(data, "repositoryName") ?? path,
    tag: textAt(data, "imageTag"),
    digest: textAt(data, "imageDigest"),
    pushedAt: momentOf(event.time),
    id: eventKey(event),
  });
}

function hostOf(account: string, region: string): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}
