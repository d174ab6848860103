/** The clouds' registries: Azure, Amazon, Google. */
import { DOCKER_LIST } from "../../../src/oci/media-types.ts";
import { distributionEvent } from "./plain.ts";
import { basic, bearer, type HookSample, type SampledPush, verbatim } from "./sample.ts";

const ECR_HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com";

const GAR_HOST = "us-west1-docker.pkg.dev";

function garData({ repository, tag, digest }: SampledPush): object {
  return { action: "INSERT", digest: `${GAR_HOST}/${repository}@${digest}`, tag: `${GAR_HOST}/${repository}:${tag}` };
}

function eventGrid(push: SampledPush): object {
  const data = distributionEvent(push, "myreg.azurecr.io", DOCKER_LIST);
  return {
    id: "831e1650-001e-001b-66ab-eeb76e069631",
    topic: "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/myreg",
    subject: `${push.repository}:${push.tag}`,
    eventType: "Microsoft.ContainerRegistry.ImagePushed",
    eventTime: "2026-11-25T10:00:01Z",
    data,
    dataVersion: "2.0",
    metadataVersion: "1",
  };
}

/** One for each sender and form. */
export const CLOUD_SAMPLES: readonly HookSample[] = [
  {
    title: "Azure",
    settings: { type: "acr" },
    host: "myreg.azurecr.io",
    hasDigest: true,
    actor: "bob",
    headers: { "content-type": "application/json; charset=utf-8", "user-agent": "AzureContainerRegistry/1.0" },
    proof: verbatim,
    body: (push) => distributionEvent(push, "myreg.azurecr.io", DOCKER_LIST),
  },
  {
    title: "Azure, Event Grid",
    settings: { type: "acr" },
    host: "myreg.azurecr.io",
    hasDigest: true,
    actor: "bob",
    headers: { "content-type": "application/json; charset=utf-8", "aeg-event-type": "Notification" },
    proof: bearer,
    body: (push) => [eventGrid(push)],
  },
  {
    title: "ECR, EventBridge",
    settings: { type: "ecr", header: "X-Webhook-Secret" },
    host: ECR_HOST,
    hasDigest: true,
    actor: null,
    headers: { "content-type": "application/json; charset=utf-8" },
    proof: async (secret) => ({ "x-webhook-secret": secret }),
    body: ({ repository, tag, digest }) => ({
      version: "0",
      id: "13cde686-328b-6117-af20-0e5566167482",
      "detail-type": "ECR Image Action",
      source: "aws.ecr",
      account: "123456789012",
      time: "2019-11-16T01:54:34Z",
      region: "us-west-2",
      resources: [],
      detail: { result: "SUCCESS", "repository-name": repository, "image-digest": digest, "action-type": "PUSH", "image-tag": tag },
    }),
  },
  {
    title: "ECR, an input transformer's CloudEvent",
    settings: { type: "ecr" },
    host: ECR_HOST,
    hasDigest: true,
    actor: null,
    headers: { "content-type": "application/json" },
    proof: basic,
    body: ({ repository, tag, digest }) => ({
      specversion: "1.0",
      id: "13cde686",
      type: "com.amazon.ecr.image.push",
      source: `urn:aws:ecr:us-west-2:123456789012:repository/${repository}`,
      time: "2019-11-16T01:54:34Z",
      data: { repositoryName: repository, imageDigest: digest, imageTag: tag, registryId: "123456789012" },
    }),
  },
];

/** Google's, wrapped in Pub/Sub's envelope and not. The token comes in addition. */
export const GAR_SAMPLES: readonly HookSample[] = [
  {
    title: "Google Artifact Registry",
    settings: { type: "gar" },
    host: GAR_HOST,
    hasDigest: true,
    actor: null,
    headers: { "content-type": "application/json" },
    body: (push) => ({
      message: {
        data: btoa(JSON.stringify(garData(push))),
        messageId: "2070443601311540",
        publishTime: "2026-11-25T10:00:00.123Z",
        attributes: {},
      },
      subscription: "projects/p/subscriptions/s",
    }),
  },
  {
    title: "Google Artifact Registry, unwrapped",
    settings: { type: "gar" },
    host: GAR_HOST,
    hasDigest: true,
    actor: null,
    headers: { "content-type": "application/json", "x-goog-pubsub-message-id": "2070443601311541" },
    body: garData,
  },
];
