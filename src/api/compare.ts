/** `GET /compare`: why two references have different digests (contract §4). */
import { type CompareEnd, type Comparison, compare, type WithSide } from "../compare/compare.ts";
import { CopyError } from "../oci/errors.ts";
import { InvalidPlatform, parsePlatform } from "../oci/platform.ts";
import { InvalidReference, type Reference, repositoryName, sourceReference } from "../oci/reference.ts";
import { type CopyRule, mayRead } from "../policy.ts";
import { MAX_REFERENCE_LENGTH } from "../request/copy-fields.ts";
import { type Fault, pointerTo } from "../schema/validate.ts";
import { ApiError, refuseFaults } from "./api-error.ts";
import type { ApiDeps, Call } from "./deps.ts";
import { jsonResponse } from "./json-response.ts";

const PARAMETERS: readonly string[] = ["left", "right", "platform"];

/** The references of a comparison, read and not yet asked for. */
export interface CompareQuery {
  left: Reference;
  right: Reference;
  platform?: string;
}

/** Rules that all have to cover what is read; each with whose it is. */
export type ReadPermission = readonly { who: string; rules: readonly CopyRule[] | undefined }[];

export async function getCompare({ url, config, principal, deps }: Call): Promise<Response> {
  const query = compareQuery(url.searchParams);
  const permission = [
    { who: "by POLICY", rules: config.policy },
    { who: `for the token "${principal.name}"`, rules: principal.token?.allow },
  ];
  refuseUnreadable(query, permission);
  return jsonResponse(200, await compareReferences(query, deps));
}

/** Reads the query. Fails with `invalid` and every fault in it. */
export function compareQuery(parameters: URLSearchParams): CompareQuery {
  const faults: Fault[] = [];
  for (const name of new Set(parameters.keys())) {
    if (!PARAMETERS.includes(name)) {
      faults.push({ detail: "is not a known query parameter", pointer: pointerTo(name) });
    } else if (parameters.getAll(name).length > 1) {
      faults.push({ detail: "was given more than once", pointer: pointerTo(name) });
    }
  }
  const left = reference(parameters, "left", faults);
  const right = reference(parameters, "right", faults);
  const platform = parameters.get("platform") || undefined;
  if (platform !== undefined && !isPlatform(platform)) {
    faults.push({ detail: "must be os/architecture or os/architecture/variant, such as linux/amd64", pointer: pointerTo("platform") });
  }
  refuseFaults(faults);
  return { left: left as Reference, right: right as Reference, ...(platform === undefined ? {} : { platform }) };
}

/** Fails with `forbidden` where a side is in a repository that one of the rule lists neither copies from nor to. */
export function refuseUnreadable({ left, right }: CompareQuery, permission: ReadPermission): void {
  const faults = (["left", "right"] as const).flatMap((side) => {
    const name = repositoryName(side === "left" ? left : right);
    return permission
      .filter(({ rules }) => rules !== undefined && !mayRead(rules, name))
      .map(({ who }) => ({ detail: `may not be read ${who}: no rule is about ${name}`, pointer: pointerTo(side) }));
  });
  if (faults.length > 0) {
    throw new ApiError({ kind: "forbidden", faults });
  }
}

/** Compares. Fails with the registry's failure, of side `source` for the left one and `destination` for the right one. */
export async function compareReferences({ left, right, platform }: CompareQuery, deps: Pick<ApiDeps, "openSource">): Promise<Comparison> {
  const end = (reference: Reference): CompareEnd => ({ reference, source: deps.openSource(reference) });
  return await compare(end(left), end(right), platform, withSide);
}

const withSide: WithSide = async (side, work) => {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CopyError
      ? new CopyError(
          { ...error.failure, message: `${side}: ${error.failure.message}`, side: side === "left" ? "source" : "destination" },
          error,
        )
      : error;
  }
};

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
