/** `GET /compare`: why two references have different digests (contract §4). */
import { type Comparison, compare } from "../compare/compare.ts";
import type { SideReader } from "../compare/read-sides.ts";
import { readBlob } from "../copy/read-blob.ts";
import { InvalidPlatform, parsePlatform } from "../oci/platform.ts";
import { InvalidReference, type Reference, repositoryName, sourceReference } from "../oci/reference.ts";
import { mayRead } from "../policy.ts";
import { MAX_REFERENCE_LENGTH } from "../request/copy-fields.ts";
import { type Permission, policyPermission } from "../request/permission.ts";
import { type Fault, pointerTo } from "../schema/validate.ts";
import { ApiError, refuseFaults } from "./api-error.ts";
import { tokenPermission } from "./authorize.ts";
import type { ApiDeps, Call } from "./deps.ts";
import { jsonResponse } from "./json-response.ts";
import { parameterFaults } from "./query-parameters.ts";

/** Longest time that a compare may take, in milliseconds: as long as `Prefer: wait` may make a caller wait. */
const COMPARE_MS = 60_000;

const PARAMETERS: readonly string[] = ["left", "right", "platform"];

/** What is to be compared. */
export interface CompareQuery {
  left: Reference;
  right: Reference;
  platform?: string;
}

/** `GET /compare`: 200 with the comparison. */
export async function getCompare({ url, config, principal, deps }: Call): Promise<Response> {
  const query = compareQuery(url.searchParams);
  refuseUnreadable(query, [policyPermission(config), tokenPermission(principal)]);
  return jsonResponse(200, await compareReferences(query, deps, AbortSignal.timeout(COMPARE_MS)));
}

/** Reads the query. Fails with `invalid`, listing its faults. */
export function compareQuery(parameters: URLSearchParams): CompareQuery {
  const faults = parameterFaults(parameters, PARAMETERS);
  const left = reference(parameters, "left", faults);
  const right = reference(parameters, "right", faults);
  const platform = parameters.get("platform") || undefined;
  if (platform !== undefined && !isPlatform(platform)) {
    faults.push({ detail: "must be os/architecture or os/architecture/variant, such as linux/amd64", pointer: pointerTo("platform") });
  }
  refuseFaults(faults);
  return { left: left as Reference, right: right as Reference, ...(platform === undefined ? {} : { platform }) };
}

/** Fails with `forbidden` where a side is in a repository that the rules of one of the permissions neither copy from nor to. */
export function refuseUnreadable({ left, right }: CompareQuery, permissions: readonly Permission[]): void {
  const faults = (["left", "right"] as const).flatMap((side) => {
    const name = repositoryName(side === "left" ? left : right);
    return permissions
      .filter(({ rules }) => rules !== undefined && !mayRead(rules, name))
      .map(({ who }) => ({ detail: `may not be read ${who}: no rule is about ${name}`, pointer: pointerTo(side) }));
  });
  if (faults.length > 0) {
    throw new ApiError({ kind: "forbidden", faults });
  }
}

/**
 * Compares two references, until `signal` ends it. Reads manifests and configs, never a layer. Fails with `ComparisonFailed`, which says what went wrong
 * at each side's registry.
 */
export async function compareReferences(query: CompareQuery, deps: Pick<ApiDeps, "openSource">, signal: AbortSignal): Promise<Comparison> {
  const { left, right, platform } = query;
  const reader = (reference: Reference): SideReader => {
    // Opened at the first read, so that a failure to open counts as one of this side.
    const open = () => deps.openSource(reference, signal);
    return {
      reference,
      readManifest: async (name) => await open().fetchManifest(name),
      readConfig: async (config) => await readBlob(config, open()),
    };
  };
  return await compare({ left: reader(left), right: reader(right) }, platform === undefined ? undefined : parsePlatform(platform));
}

function reference(parameters: URLSearchParams, name: string, faults: Fault[]): Reference | undefined {
  const text = parameters.get(name) ?? "";
  if (text === "" || text.length > MAX_REFERENCE_LENGTH) {
    faults.push({ detail: text === "" ? "is required" : `must have at most ${MAX_REFERENCE_LENGTH} characters`, pointer: pointerTo(name) });
    return undefined;
  }
  try {
    return sourceReference(text);
  } catch (error) {
    if (!(error instanceof InvalidReference)) {
      throw error;
    }
    faults.push({ detail: `is not an image reference (${error.message})`, pointer: pointerTo(name) });
    return undefined;
  }
}

function isPlatform(text: string): boolean {
  try {
    parsePlatform(text);
    return true;
  } catch (error) {
    if (!(error instanceof InvalidPlatform)) {
      throw error;
    }
    return false;
  }
}
