/** Which plan a blob is uploaded by, and which one to try next where the registry refuses. Pure functions over the data in `profiles.ts`. */
import { DEFAULT_CHUNK, PROFILES, type RegistryProfile, UNKNOWN_REGISTRY, type UploadPlan } from "./profiles.ts";
import type { RegistrySettings } from "./settings.ts";

const MIB = 1024 * 1024;

/** Smallest chunk, in bytes: nginx refuses bodies above 1 MiB unless it is configured otherwise, and no registry is known that takes only less. */
const SMALLEST_CHUNK = MIB;

/** Chunks shrink by this factor after a 413: a large one, so that the smallest chunk is reached after few refusals. */
const SHRINK = 8;

/** The profile of a host: the one that `REGISTRIES` names, else the one that its name tells. */
function profileOf(registry: string, settings: RegistrySettings | undefined): RegistryProfile {
  if (settings?.profile !== undefined) {
    return PROFILES[settings.profile];
  }
  const host = registry.replace(/:\d+$/, "").toLowerCase();
  return Object.values(PROFILES).find(({ hosts }) => hosts?.test(host)) ?? UNKNOWN_REGISTRY;
}

/**
 * Returns the upload plan to begin with at a registry.
 *
 * The operator's `upload` and `chunkSize` come before the host's profile. `upload: "monolithic"` without a `chunkSize` means
 * that chunks are not to be used for anything.
 */
export function uploadPlanFor(registry: string, settings: RegistrySettings | undefined): UploadPlan {
  const { plan } = profileOf(registry, settings);
  switch (settings?.upload) {
    case "patch":
      return { way: "stream-patch", chunkSize: settings.chunkSize ?? plan.chunkSize };
    case "monolithic":
      return { way: "monolithic", chunkSize: settings.chunkSize ?? 0 };
    case "chunked":
      return { way: "chunked", chunkSize: settings.chunkSize ?? (plan.chunkSize || DEFAULT_CHUNK) };
    default:
      return settings?.chunkSize === undefined ? plan : { ...plan, chunkSize: settings.chunkSize };
  }
}

/** A body that a registry did not take. */
export interface RefusedBody {
  method: "PATCH" | "PUT";
  status: number;
  /** The OCI error code. */
  code?: string | undefined;
  /** Bytes of the body. */
  size: number;
}

/**
 * Returns the plan to try after a body was refused; `undefined` where another plan would change nothing.
 *
 * After a 413 it is one that sends less at once than was refused (Q97). A 416 must only be given where the refused body began at
 * byte 0: there it can't mean the range and so means the size (Q92).
 */
export function nextUploadPlan(plan: UploadPlan, { method, status, code, size }: RefusedBody): UploadPlan | undefined {
  if (status === 413 || status === 416) {
    let next = smaller(plan);
    while (next !== undefined && next.chunkSize >= size) {
      next = smaller(next);
    }
    return next;
  }
  if (status === 400 && code === "CONTENT_LENGTH_INVALID") {
    return smaller(plan);
  }
  const isUnknown = status === 405 || status === 501;
  if (method === "PATCH") {
    // No chunks at all, whatever the profile says (Q94).
    return isUnknown ? { way: "monolithic", chunkSize: 0 } : undefined;
  }
  const wantsPatch = isUnknown || (status === 404 && code !== "BLOB_UPLOAD_UNKNOWN");
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
  /** Least bytes of every chunk but the last. */
  min?: number;
  /** Most bytes of any chunk. */
  max?: number;
}

/**
 * Returns how many bytes each chunk but the last has for a blob of `size` bytes: all the same, within the registry's limits (Q89).
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
 * Returns how many bytes each piece has of an upload that may be left between two pieces: a chunk, in whole MiB where the limits allow it, so that
 * the pieces end where the engine's reads end.
 */
export function pieceLength(plan: UploadPlan, limits: ChunkLimits, size: number): number {
  const length = chunkLength({ ...plan, way: "chunked" }, limits, size);
  const down = length - (length % MIB);
  const wholes = [down, down + MIB].filter((whole) => whole > 0 && whole >= (limits.min ?? 0) && whole <= (limits.max ?? length));
  return wholes[0] ?? length;
}
