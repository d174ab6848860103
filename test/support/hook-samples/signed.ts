/** Senders that sign, or can: GitHub, Gitea, Artifactory, and whoever writes for `generic`. */
import { OCI_INDEX } from "../../../src/oci/media-types.ts";
import { type HookSample, type SampledPush, signed, split } from "./sample.ts";

function githubPackage({ repository, tag, digest }: SampledPush): Record<string, unknown> {
  const [namespace, name] = split(repository);
  return {
    id: 1,
    name,
    namespace,
    ecosystem: "CONTAINER",
    package_type: "CONTAINER",
    owner: { login: namespace },
    created_at: "2026-11-01T10:00:00Z",
    updated_at: "2026-11-25T10:00:00Z",
    package_version: {
      id: 11,
      version: digest,
      name: digest,
      updated_at: "2026-11-25T10:00:01Z",
      package_url: `ghcr.io/${repository.toUpperCase()}:${tag}`,
      container_metadata: {
        tag: { name: tag, digest },
        manifest: { digest, media_type: OCI_INDEX, config: { media_type: "application/vnd.oci.image.config.v1+json" } },
        labels: {},
      },
    },
    registry: { name: "GitHub CONTAINER registry", type: "CONTAINER", url: `https://CONTAINER.pkg.github.com/${namespace}` },
  };
}

function artifactoryBody({ repository, tag, digest }: SampledPush): object {
  const path = repository.replace(/^docker-local\//, "");
  return {
    domain: "docker",
    event_type: "pushed",
    data: {
      repo_key: "docker-local",
      event_type: "pushed",
      path: `${path}/${tag}/list.manifest.json`,
      name: "list.manifest.json",
      sha256: digest.replace("sha256:", ""),
      size: 1206,
      image_name: path,
      image_type: "docker",
      tag,
      platforms: [{ architecture: "amd64", os: "linux" }],
    },
    subscription_key: "test",
    jpd_origin: "https://example.jfrog.io",
    source: "jfrog/user@example.com",
  };
}

/** One for each sender and form. */
export const SIGNED_SAMPLES: readonly HookSample[] = [
  {
    title: "GitHub, package",
    settings: { type: "github" },
    host: "ghcr.io",
    hasDigest: true,
    actor: "octocat",
    headers: {
      "content-type": "application/json",
      "x-github-event": "package",
      "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    },
    proof: signed("x-hub-signature-256", "sha256="),
    body: (push) => ({ action: "published", package: githubPackage(push), repository: {}, organization: {}, sender: { login: "octocat" } }),
  },
  {
    title: "GitHub, registry_package",
    settings: { type: "github" },
    host: "ghcr.io",
    hasDigest: true,
    actor: "octocat",
    headers: {
      "content-type": "application/json",
      "x-github-event": "registry_package",
      "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0959",
    },
    proof: signed("x-hub-signature-256", "sha256="),
    body: (push) => ({ action: "updated", registry_package: githubPackage(push), repository: {}, sender: { login: "octocat" } }),
  },
  {
    title: "Artifactory, the secret itself",
    settings: { type: "artifactory" },
    host: "example.jfrog.io",
    hasDigest: true,
    actor: "user@example.com",
    headers: { "content-type": "application/json" },
    proof: async (secret) => ({ "x-jfrog-event-auth": secret }),
    body: artifactoryBody,
  },
  {
    title: "Artifactory, signed",
    settings: { type: "artifactory", signed: true },
    host: "example.jfrog.io",
    hasDigest: true,
    actor: "user@example.com",
    headers: { "content-type": "application/json" },
    proof: signed("x-jfrog-event-auth"),
    body: artifactoryBody,
  },
  {
    title: "Gitea",
    settings: { type: "gitea" },
    host: "gitea.example.com",
    hasDigest: false,
    actor: "gitea",
    headers: {
      "content-type": "application/json",
      "x-gitea-event": "package",
      "x-gitea-delivery": "f6266f16-1bf3-46a5-9ea4-602e06ead473",
      "x-github-event": "package",
    },
    proof: async (secret, body) => ({
      ...(await signed("x-gitea-signature")(secret, body)),
      ...(await signed("x-hub-signature-256", "sha256=")(secret, body)),
    }),
    body: ({ repository, tag }) => ({
      action: "created",
      package: {
        id: 4,
        owner: { login: split(repository)[0].toUpperCase() },
        type: "container",
        name: split(repository)[1],
        version: tag,
        created_at: "2026-11-25T10:00:00Z",
        html_url: `https://gitea.example.com/${split(repository)[0]}/-/packages/container/${split(repository)[1]}/${tag}`,
      },
      repository: null,
      sender: { login: "gitea" },
    }),
  },
  {
    title: "generic, with rules",
    settings: { type: "generic" },
    host: "reg.example.com",
    hasDigest: true,
    actor: null,
    headers: { "content-type": "application/json" },
    proof: signed("x-signature-256", "sha256="),
    body: ({ repository, tag, digest }) => ({ source: `reg.example.com/${repository}:${tag}@${digest}` }),
  },
];
