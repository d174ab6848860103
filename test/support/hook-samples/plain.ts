/** Senders with a URL or a header for their secret: Docker Hub, Quay, distribution and GitLab, as recorded in their documentation or source. */
import { DOCKER_LIST, OCI_INDEX } from "../../../src/oci/media-types.ts";
import { bearer, type HookSample, type SampledPush, split } from "./sample.ts";

/** One event of distribution's envelope; Azure's registry sends such a one by itself. */
export function distributionEvent({ repository, tag, digest }: SampledPush, host: string, mediaType = OCI_INDEX): Record<string, unknown> {
  return {
    id: `id-${repository}-${tag}`,
    timestamp: "2026-11-25T10:00:00.123456789Z",
    action: "push",
    target: {
      mediaType,
      digest,
      size: 708,
      length: 708,
      repository,
      url: `https://${host}/v2/${repository}/manifests/${digest}`,
      tag,
      references: [],
    },
    request: { id: "r1", addr: "10.0.0.1", host, method: "PUT", useragent: "docker/27.0" },
    actor: { name: "bob" },
    source: { addr: "hostname:5000", instanceID: "i1" },
  };
}

/** One for each sender and form. */
export const PLAIN_SAMPLES: readonly HookSample[] = [
  {
    title: "Docker Hub",
    settings: { type: "dockerhub" },
    host: "docker.io",
    hasDigest: false,
    actor: "bob",
    inPath: true,
    headers: { "content-type": "application/json" },
    body: ({ repository, tag }) => ({
      callback_url: `https://registry.hub.docker.com/u/${repository}/hook/2141bc0cdec4hebec411i4c1g40242eg110020/`,
      push_data: { pushed_at: 1.417566161e9, pusher: "bob", tag, images: [] },
      repository: {
        repo_name: repository,
        namespace: split(repository)[0],
        name: split(repository)[1],
        owner: split(repository)[0],
        repo_url: `https://hub.docker.com/r/${repository}`,
        is_private: false,
        status: "Active",
        date_created: 1417494799,
      },
    }),
  },
  {
    title: "Quay",
    settings: { type: "quay" },
    host: "quay.io",
    hasDigest: false,
    actor: null,
    inPath: true,
    headers: { "content-type": "application/json" },
    body: ({ repository, tag }) => ({
      name: split(repository)[1],
      repository,
      namespace: split(repository)[0],
      docker_url: `quay.io/${repository}`,
      homepage: `https://quay.io/repository/${repository}`,
      updated_tags: [tag],
    }),
  },
  {
    title: "distribution, envelope v2",
    settings: { type: "distribution" },
    host: "reg.example.com",
    hasDigest: true,
    actor: "bob",
    headers: { "content-type": "application/vnd.docker.distribution.events.v2+json" },
    proof: bearer,
    body: (push) => ({ events: [distributionEvent(push, "reg.example.com")] }),
  },
  {
    title: "GitLab, envelope v1",
    settings: { type: "distribution", header: "X-Gitlab-Token" },
    host: "registry.gitlab.example.com",
    hasDigest: true,
    actor: "bob",
    headers: { "content-type": "application/vnd.docker.distribution.events.v1+json" },
    proof: async (secret) => ({ "x-gitlab-token": secret }),
    body: (push) => ({ events: [distributionEvent(push, "registry.gitlab.example.com", DOCKER_LIST)] }),
  },
];
