/** What is known of registries before the first request to them. Data; the numbers `Qn` are those of the quirk table (test/quirks). */

/**
 * A way to upload a blob.
 *
 * - `monolithic`: one `PUT` with the whole blob.
 * - `stream-patch`: one `PATCH` with the whole blob, then an empty `PUT`.
 * - `chunked`: no body larger than `chunkSize`: a blob up to that size as one `PUT`, a larger one in `PATCH`es and an empty `PUT`.
 */
export interface UploadPlan {
  way: "monolithic" | "stream-patch" | "chunked";
  /** Bytes of one chunk, also for continuing an upload that broke off. 0 where the registry takes no chunks: such an upload starts over. */
  chunkSize: number;
}

/** A kind of registry, as `REGISTRIES` names it for a host whose name does not tell. */
export type ProfileName =
  | "docker-hub"
  | "ghcr"
  | "ecr"
  | "ecr-public"
  | "gar"
  | "acr"
  | "quay"
  | "harbor"
  | "gitlab"
  | "artifactory"
  | "artifactory-6"
  | "gitea"
  | "zot"
  | "distribution"
  | "serverless-registry"
  | "cloudflare"
  | "nginx";

/** What is known of one kind of registry. */
export interface RegistryProfile {
  /** Hosts that are known to be of this kind, without a port. Without any, only `REGISTRIES` can say so. */
  hosts?: RegExp;
  /** How uploads begin there. */
  plan: UploadPlan;
}

const MIB = 1024 * 1024;

/** Below the 100 MB that Cloudflare's proxy takes (Q97), and few enough requests: a 5 GiB layer makes 80. */
export const DEFAULT_CHUNK = 64 * MIB;

/** The plan with the fewest requests, for registries of which nothing else is known (Q99). Chunks are for uploads that break off. */
const WHOLE: UploadPlan = { way: "monolithic", chunkSize: DEFAULT_CHUNK };

/** The profile of a host of which nothing is known. */
export const UNKNOWN_REGISTRY: RegistryProfile = { plan: WHOLE };

/** The kinds of registries that are known, each with the source of its plan. */
export const PROFILES: Readonly<Record<ProfileName, RegistryProfile>> = {
  "docker-hub": { hosts: /^docker\.io$/, plan: WHOLE },
  // PATCH above 4 MiB is 416 (ocx PR#237, rust-oci-client PR#37; Q92).
  ghcr: { hosts: /^ghcr\.io$/, plan: { way: "monolithic", chunkSize: 4 * MIB } },
  // Parts below 5 MB and, by some reports, above 10 MB are refused, and an empty closing PUT was seen to fail (sdk-container-builds#424, tart PR#159; Q91).
  ecr: { hosts: /^\d+\.dkr[.-]ecr(-fips)?\..+$/, plan: { way: "monolithic", chunkSize: 8 * MIB } },
  // As ECR (Q35).
  "ecr-public": { hosts: /^public\.ecr\.aws$/, plan: { way: "monolithic", chunkSize: 8 * MIB } },
  // No chunked upload at all (sdk-container-builds PR#287, kitops#777; Q94).
  gar: { hosts: /(^|\.)gcr\.io$|\.pkg\.dev$/, plan: { way: "monolithic", chunkSize: 0 } },
  // PUT above some 20 MB is 413 (harbor#23015; Q93).
  acr: { hosts: /\.azurecr\.(io|cn|us)$/, plan: { way: "chunked", chunkSize: 16 * MIB } },
  quay: { hosts: /^quay\.io$/, plan: WHOLE },
  harbor: { plan: WHOLE },
  gitlab: { hosts: /^registry\.gitlab\.com$/, plan: WHOLE },
  artifactory: { hosts: /\.jfrog\.io$/, plan: WHOLE },
  // A PUT with a body is 404 BLOB_UNKNOWN without a PATCH before it (containerd#3533, RTFACT-19344; Q95).
  "artifactory-6": { plan: { way: "stream-patch", chunkSize: DEFAULT_CHUNK } },
  gitea: { plan: WHOLE },
  zot: { plan: WHOLE },
  distribution: { plan: WHOLE },
  // Equal parts of 5 MiB to 100 MB, and Cloudflare before it (its router.ts; Q89, Q90).
  "serverless-registry": { hosts: /\.workers\.dev$/, plan: { way: "chunked", chunkSize: DEFAULT_CHUNK } },
  // Bodies above 100 MB are 413 on the free and the pro plan (distribution#2042, serverless-registry#67; Q97).
  cloudflare: { plan: { way: "chunked", chunkSize: DEFAULT_CHUNK } },
  // `client_max_body_size` is 1 MiB unless it is set (nginx's documentation; Q97).
  nginx: { plan: { way: "chunked", chunkSize: MIB } },
};
