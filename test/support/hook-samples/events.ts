/** Harbor and zot, as they are and as CloudEvents of any sender. */
import { basic, bearer, type HookSample, type SampledPush, split, verbatim } from "./sample.ts";

const STRUCTURED = { "content-type": "application/cloudevents+json; charset=utf-8" };

const ZOT_HEADERS = {
  "content-type": "application/json",
  "ce-id": "0b1f2ef0",
  "ce-source": "zotregistry.dev",
  "ce-type": "zotregistry.image.updated",
  "ce-time": "2026-11-25T10:00:00Z",
  "ce-specversion": "1.0",
};

function harborData({ repository, tag, digest }: SampledPush): object {
  const [namespace, name] = split(repository);
  return {
    resources: [{ digest, tag, resource_url: `harbor.dev/${repository}:${tag}` }],
    repository: { date_created: 1680501893, name, namespace, repo_full_name: repository, repo_type: "private" },
  };
}

function harborCloudEvent(push: SampledPush): object {
  return {
    specversion: "1.0",
    id: "4b2f89a6-548d-4c12-9993-a1f5790b97d2",
    requestid: "a7b6a1e7",
    source: "/projects/2/webhook/policies/15",
    type: "harbor.artifact.pushed",
    datacontenttype: "application/json",
    time: "2026-11-25T10:00:00Z",
    data: harborData(push),
    operator: "admin",
  };
}

function zotData({ repository, tag, digest }: SampledPush): object {
  return {
    name: repository,
    reference: tag,
    digest,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    manifest: '{"schemaVersion":2}',
    actor: { name: "alice" },
    request: { addr: "10.0.0.1:5555", method: "PUT", useragent: "skopeo/1.9.3" },
  };
}

/** One for each sender and form. */
export const EVENT_SAMPLES: readonly HookSample[] = [
  {
    title: "Harbor",
    settings: { type: "harbor" },
    host: "harbor.dev",
    hasDigest: true,
    actor: "admin",
    headers: { "content-type": "application/json" },
    proof: verbatim,
    body: (push) => ({ type: "PUSH_ARTIFACT", occur_at: 1680501893, operator: "admin", event_data: harborData(push) }),
  },
  {
    title: "Harbor, CloudEvents",
    settings: { type: "harbor" },
    host: "harbor.dev",
    hasDigest: true,
    actor: null,
    headers: STRUCTURED,
    proof: verbatim,
    body: harborCloudEvent,
  },
  {
    title: "zot",
    settings: { type: "zot", registry: "zot.example.com" },
    host: "zot.example.com",
    hasDigest: true,
    actor: "alice",
    headers: ZOT_HEADERS,
    proof: basic,
    body: zotData,
  },
  {
    title: "CloudEvents, structured",
    settings: { type: "cloudevents" },
    host: "harbor.dev",
    hasDigest: true,
    actor: null,
    headers: STRUCTURED,
    proof: bearer,
    body: harborCloudEvent,
  },
  {
    title: "CloudEvents, binary",
    settings: { type: "cloudevents", registry: "zot.example.com" },
    host: "zot.example.com",
    hasDigest: true,
    actor: "alice",
    headers: ZOT_HEADERS,
    proof: bearer,
    body: zotData,
  },
];
