/** Decides, once, what a registry's refusal or silence means for the copy. */
import { readCapped } from "../net/capped-body.ts";
import { parseRetryAfter, parseRetryText } from "../net/retry-after.ts";
import { CopyError, type CopyErrorCode, type Retry, type Side } from "../oci/errors.ts";
import { type BodyError, parseErrorBody } from "./error-body.ts";
import { allowance } from "./quota.ts";
import type { Endpoint, RegistryResponse } from "./request.ts";

/** Longest error body that is read, in bytes; as in go-containerregistry. What comes after it is never needed to name the failure. */
export const MAX_ERROR_BODY_BYTES = 64 * 1024;

/** What a refusal is taken for. */
interface Classification {
  code: CopyErrorCode;
  retry: Retry;
  /** What the user may make of it, after the registry's own words. */
  hint?: string;
}

/**
 * Returns where the answer's status is one of `allowed`, and leaves its body unread. Else reads the (capped) body and throws what
 * {@link responseFailure} makes of it.
 *
 * `what` begins the message and says what was being done: `Pushing the manifest sha256:… to acme/app`.
 */
export async function checkResponse(result: RegistryResponse, endpoint: Endpoint, what: string, allowed: readonly number[]): Promise<void> {
  if (!allowed.includes(result.response.status)) {
    throw await responseFailure(result, endpoint, what);
  }
}

/**
 * Returns the error that an answer stands for; `what` as in {@link checkResponse}. Decides on the status first and the OCI code second (Q138, Q139).
 * Reads the body; never throws.
 *
 * `nowMs` (milliseconds since the epoch) is needed only to understand a `Retry-After` date in an answer that has no `Date` itself.
 */
export async function responseFailure(
  { response, url }: RegistryResponse,
  endpoint: Endpoint,
  what: string,
  nowMs?: number,
): Promise<CopyError> {
  const text = await bodyText(response);
  const body = parseErrorBody(text);
  const classification = classify(response.status, body, endpoint.side);
  const { code, retry } = classification;
  const hint = classification.hint ?? (code === "rate-limited" ? limitOf(response) : undefined);
  const waitMs = retry === "later" ? askedWaitMs(response, text, nowMs) : undefined;
  return new CopyError({
    code,
    message: `${what}: ${describe(speaker(url, endpoint), response.status, body)}${hint === undefined ? "" : `; ${hint}`}`,
    retry,
    ...(waitMs === undefined ? {} : { waitMs }),
    side: endpoint.side,
    registry: endpoint.registry,
    upstream: { status: response.status, ...body },
  });
}

/** Statuses that say nothing about the request itself, so that the same one may succeed later (Q104). */
export function isTransient(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status === 499 || (status >= 500 && status !== 501 && status !== 505);
}

/**
 * The error for a `fetch` that threw: `registry-unavailable`, to be tried later. A {@link CopyError} is given back as it is, since that is how
 * an abort says why it was made. The thrown text is not repeated: it may hold a URL with its query.
 */
export function networkFailure(error: unknown, endpoint: Endpoint, what: string): CopyError {
  if (error instanceof CopyError) {
    return error;
  }
  const reason = networkReason(error);
  return new CopyError({
    code: "registry-unavailable",
    message: `${what}: no answer from ${endpoint.registry}${reason === undefined ? "" : ` (${reason})`}`,
    retry: "later",
    ...failureSite(endpoint),
  });
}

/** The side and registry that every failure of an endpoint carries. */
export function failureSite(endpoint: Endpoint): { side: Side; registry: string } {
  return { side: endpoint.side, registry: endpoint.registry };
}

/**
 * How registries say that a tag stays as it is (Q128): ECR 400 TAG_INVALID "the repository is immutable", Harbor 412 "configured as immutable",
 * Quay 409 TAG_IMMUTABLE, Artifact Registry "has enabled tag immutability", Nexus "does not allow updating assets".
 */
const IMMUTABLE = /immutab|does not allow updating/i;

function classify(status: number, { code, message = "" }: BodyError, side: Side): Classification {
  if (status === 429 || (code === "TOOMANYREQUESTS" && status !== 401)) {
    return { code: "rate-limited", retry: "later" };
  }
  if (isTransient(status) || code === "UNAVAILABLE") {
    return { code: "registry-unavailable", retry: "later" };
  }
  const atDestination = side === "destination";
  if (atDestination && status >= 400 && (code === "TAG_INVALID" || IMMUTABLE.test(`${code} ${message}`))) {
    return { code: "tag-immutable", retry: "never", hint: "the tag may not be changed there" };
  }
  if (atDestination && code === "REGISTRY_DISALLOWED_OPERATION") {
    // ACR says the same of a locked tag, repository and registry (Q128).
    return { code: "tag-immutable", retry: "never", hint: "the tag, its repository or the whole registry is locked there" };
  }
  if (status === 401 || status === 403) {
    // Several registries answer so for a repository that does not exist (Q32, Q37, Q140).
    return { code: "access-denied", retry: "never", hint: "the repository is missing or the credentials don't allow this" };
  }
  switch (code) {
    case "BLOB_UPLOAD_UNKNOWN":
      return { code: "registry-unavailable", retry: "now", hint: "the upload session is gone and has to begin again" };
    case "BLOB_UPLOAD_INVALID":
      return { code: "registry-unavailable", retry: "later" };
    case "DIGEST_INVALID":
      if (atDestination) {
        return { code: "digest-mismatch", retry: "never" };
      }
      break;
    case "MANIFEST_BLOB_UNKNOWN":
      // What is missing is not what was asked for, but what a manifest names, whatever the status (Q122).
      if (atDestination) {
        return { code: "destination-refused", retry: "never" };
      }
      break;
    default:
  }
  if (status === 404 || status === 410 || (code === "UNKNOWN" && status >= 400 && /^not found$/i.test(message))) {
    const missing = atDestination && code === "NAME_UNKNOWN";
    return { code: "not-found", retry: "never", ...(missing ? { hint: "the repository may have to be created there first" } : {}) };
  }
  return { code: atDestination ? "destination-refused" : "unsupported", retry: "never" };
}

/** Who answered: the registry, or with its name the storage host or token server that it leads to. */
function speaker(url: URL, { registry, base }: Endpoint): string {
  return url.host === base.host ? registry : `${registry} (at ${url.host})`;
}

function describe(who: string, status: number, { code, message }: BodyError): string {
  return `${who} answered ${status}${code === undefined ? "" : ` ${code}`}${message === undefined ? "" : ` (${message})`}`;
}

/** How long the answer asks to be left alone, from `Retry-After` or, with GHCR, from the body's text (Q137). */
function askedWaitMs(response: Response, text: string, nowMs: number | undefined): number | undefined {
  // The registry's own clock, where it gives it: a date of its making is then right however wrong the clock here or there.
  const date = Date.parse(response.headers.get("date") ?? "");
  const now = Number.isNaN(date) ? nowMs : date;
  const header = response.headers.get("retry-after");
  const waitMs = now === undefined && !/^\s*\d/.test(header ?? "") ? undefined : parseRetryAfter(header, now ?? 0);
  return waitMs ?? parseRetryText(text);
}

/** Docker Hub's pull limit, from `ratelimit-limit: 100;w=21600` (Q136). */
function limitOf(response: Response): string | undefined {
  const limit = allowance(response.headers.get("ratelimit-limit"));
  return limit && `its limit is ${limit.count} in ${limit.windowMs / 1000} s`;
}

async function bodyText(response: Response): Promise<string> {
  try {
    const { bytes } = await readCapped(response, MAX_ERROR_BODY_BYTES);
    return new TextDecoder().decode(bytes);
  } catch {
    return "";
  }
}

/** The system's own name for what went wrong (`ECONNREFUSED`), or one of the runtime's fixed sentences. */
function networkReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) {
    return undefined;
  }
  const code = [error, error.cause].map((each) => (each as { code?: unknown } | undefined)?.code).find((each) => typeof each === "string");
  if (code !== undefined && /^[A-Z][A-Z\d_]{2,40}$/.test(code as string)) {
    return code as string;
  }
  const sentence = /^(?:Network connection lost|The network connection was lost|fetch failed|Connection refused|internal error)\b/i.exec(
    error.message,
  );
  return sentence?.[0];
}
