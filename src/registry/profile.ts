/** How each registry likes its blobs uploaded, and what to try next where one disagrees. Data and pure functions. */
import type { RegistrySettings } from "./settings.ts";

/**
 * A way to upload a blob.
 *
 * - `monolithic`: one `PUT` with the whole blob.
 * - `stream-patch`: one `PATCH` with the whole blob, then an empty `PUT`.
 * - `chunked`: no body larger than `chunkSize`: a blob up to that size as one `PUT`, a larger one in `PATCH`es and an empty `PUT`.
 */
export interface UploadPlan {
  way: "monolithic" | "stream-patch" | "chunked";
  /** Bytes of one chunk, also for going on with an upload that broke off. 0 where the registry takes no chunks: such an upload starts over. */
  chunkSize: number;
}

const MIB = 1024 * 1024;

/** Below the 100 MB that Cloudflare's proxy takes (Q97), and few enough requests: a 5 GiB layer makes 80. */
const DEFAULT_CHUNK = 64 * MIB;

/** nginx refuses bodies above 1 MiB unless it is told otherwise. Whoever refuses that much won't take less. */
const SMALLEST_CHUNK = MIB;

/** Chunks shrink by this after a 413. Steeply, so that the smallest is reached before a copier runs out of patience. */
const SHRINK = 8;

const UNKNOWN_HOST: UploadPlan = { way: "monolithic", chunkSize: DEFAULT_CHUNK };

const PROFILES: readonly { hosts: RegExp; plan: UploadPlan }[] = [
  // PATCH above 4 MiB is 416 (ocx PR#237, rust-oci-client PR#37; Q92).
  { hosts: /^ghcr\.io$/, plan: { way: "monolithic", chunkSize: 4 * MIB } },
  // PUT above some 20 MB is 413 (harbor#23015; Q93).
  { hosts: /\.azurecr\.(io|cn|us)$/, plan: { way: "chunked", chunkSize: 16 * MIB } },
  // Parts below 5 MB and, by some reports, above 10 MB are refused, and an empty closing PUT was seen to fail (sdk-container-builds#424, tart PR#159; Q91).
  { hosts: /^(public\.ecr\.aws|\d+\.dkr[.-]ecr(-fips)?\..+)$/, plan: { way: "monolithic", chunkSize: 8 * MIB } },
  // No chunked upload at all (sdk-container-builds PR#287, kitops#777; Q94).
  { hosts: /(^|\.)gcr\.io$|\.pkg\.dev$/, plan: { way: "monolithic", chunkSize: 0 } },
  // serverless-registry behind Cloudflare's 100 MB: equal parts of 5 MiB to 100 MB (its router.ts; Q89, Q90).
  { hosts: /\.workers\.dev$/, plan: { way: "chunked", chunkSize: DEFAULT_CHUNK } },
];

/**
 * The upload plan to begin with at a registry.
 *
 * The operator's `upload` and `chunkSize` come before the host's profile. `upload: "monolithic"` without a `chunkSize` means
 * that chunks are not to be used for anything.
 */
export function profileFor(registry: string, settings: RegistrySettings | undefined): UploadPlan {
  const host = registry.replace(/:\d+$/, "").toLowerCase();
  const profile = PROFILES.find(({ hosts }) => hosts.test(host))?.plan ?? UNKNOWN_HOST;
  switch (settings?.upload) {
    case "monolithic":
      return { way: "monolithic", chunkSize: settings.chunkSize ?? 0 };
    case "chunked":
      return { way: "chunked", chunkSize: settings.chunkSize ?? (profile.chunkSize || DEFAULT_CHUNK) };
    default:
      return settings?.chunkSize === undefined ? profile : { ...profile, chunkSize: settings.chunkSize };
  }
}

/**
 * The plan to try after a body was refused with this status and OCI code, or `undefined` where another way would change nothing.
 *
 * A 416 must only be given where the refused body began at byte 0: there it can't mean the range and so means the size (Q92).
 */
export function nextUploadPlan(plan: UploadPlan, status: number, code?: string): UploadPlan | undefined {
  if (status === 413 || status === 416 || (status === 400 && code === "CONTENT_LENGTH_INVALID")) {
    return smaller(plan);
  }
  const wantsPatch = (status === 404 && code !== "BLOB_UPLOAD_UNKNOWN") || status === 405 || status === 501;
  // Artifactory before 7 knows the blob of a PUT with a body only after a PATCH (RTFACT-19344; Q95).
  return wantsPatch && plan.way !== "stream-patch" && plan.chunkSize > 0 ? { way: "stream-patch", chunkSize: plan.chunkSize } : undefined;
}

function smaller(plan: UploadPlan): UploadPlan | undefined {
  if (plan.chunkSize === 0) {
    return undefined;
  }
  if (plan.way !== "chunked") {
    return { way: "chunked", chunkSize: plan.chunkSize };
  }
  return plan.chunkSize <= SMALLEST_CHUNK
    ? undefined
    : { way: "chunked", chunkSize: Math.max(SMALLEST_CHUNK, Math.floor(plan.chunkSize / SHRINK)) };
}

/** What a registry said about chunks when it opened an upload, in bytes: `OCI-Chunk-Min-Length`, and serverless-registry's `OCI-Chunk-Max-Length`. */
export interface ChunkLimits {
  min?: number;
  max?: number;
}

/**
 * Bytes of each chunk but the last for a blob of `size` bytes: all the same, within the registry's limits (Q89).
 *
 * The last chunk is never of a single byte: serverless-registry reads a range whose ends are equal as empty (Q90).
 */
export function chunkLength(plan: UploadPlan, limits: ChunkLimits, size: number): number {
  const wished = plan.way === "stream-patch" ? size : plan.chunkSize;
  const length = Math.max(1, Math.min(Math.max(wished, limits.min ?? 0), limits.max ?? Number.POSITIVE_INFINITY));
  const lonely = size > length && size % length === 1;
  return lonely && length > Math.max(2, limits.min ?? 0) ? length - 1 : length;
}

/**
 * Bytes of each piece of an upload that may be left between two pieces: a chunk, in whole MiB where the limits allow it, so that
 * the pieces end where the engine's reads end.
 */
export function pieceLength(plan: UploadPlan, limits: ChunkLimits, size: number): number {
  const length = chunkLength({ ...plan, way: "chunked" }, limits, size);
  const down = length - (length % MIB);
  const wholes = [down, down + MIB].filter((whole) => whole > 0 && whole >= (limits.min ?? 0) && whole <= (limits.max ?? length));
  return wholes[0] ?? length;
}
