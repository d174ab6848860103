/** `POST /hooks/{name}[/{secret}]`: makes jobs of the pushes that registries report (contract §5). */
import type { Hook } from "../config/hooks.ts";
import { essence } from "../oci/media-types.ts";
import { readCopyRequest } from "../request/copy-request.ts";
import { parseJson } from "../schema/json-text.ts";
import { leavesDestination, signedMoment } from "../triggers/hooks/generic.ts";
import { KeysUnavailable } from "../triggers/hooks/google-token.ts";
import type { Delivery, Ignored } from "../triggers/hooks/push-event.ts";
import { type WantedCopies, wantedCopies } from "../triggers/hooks/push-requests.ts";
import { SENDERS } from "../triggers/hooks/senders.ts";
import { isNobody } from "../triggers/hooks/verify.ts";
import { ApiError, invalidRequest } from "./api-error.ts";
import { authorizeCopy } from "./authorize.ts";
import { callbackFaults } from "./copy.ts";
import type { OpenCall } from "./deps.ts";
import { submitPushes } from "./hook-jobs.ts";
import { jsonResponse } from "./json-response.ts";
import { bodyText, readBodyBytes } from "./read-body.ts";
import { parseFields } from "./request-fields.ts";

/** Largest body, in bytes. The largest known are zot's, which hold a manifest, and envelopes of many events. */
export const MAX_HOOK_BYTES = 2 * 1024 * 1024;

/** Most entries of `ignored` in an answer. */
export const MAX_IGNORED = 50;

/** The `Retry-After`, in seconds, where the sender could not be authenticated now. */
const RETRY_AFTER_SECONDS = 5;

/**
 * 202 with the paths of the jobs that the delivery asks for, 200 where it asks for none. What is authentic and makes no job is answered with the
 * reason, not with an error: senders would repeat the delivery, or disable the hook.
 *
 * 401 where the sender is not authenticated, and also where there is no hook of this name; 400 for a body that is not JSON, 413 for one that is too
 * large, 415 for one of another type; 503 where a job could not be stored or Google's keys could not be fetched, and the delivery should be sent again.
 * `generic` hooks get 422 for invalid fields and 403 for copies that are not allowed, like callers of `POST /copy`.
 */
export async function postHook(call: OpenCall): Promise<Response> {
  const { config, params, request } = call;
  const hook = config.hooks.get(params.name ?? "");
  const body = await readBodyBytes(request, MAX_HOOK_BYTES);
  const delivery = { headers: request.headers, url: call.url, pathSecret: decoded(params.secret), body };
  const isSender = await (hook === undefined ? isNobody(delivery) : isAuthentic(delivery, hook, call));
  if (hook === undefined || !isSender) {
    throw new ApiError({ kind: "unauthorized", detail: "There is no hook of this name with this secret or signature.", presented: false });
  }
  const json = jsonOf(delivery, hook.type === "generic");
  const sender = SENDERS[hook.type];
  const isWholeRequest = hook.type === "generic" && !(hook.rules.length > 0 && leavesDestination(json));
  const events = isWholeRequest ? undefined : sender.read(json, request.headers, hook);
  const wanted = events === undefined ? ownRequest(json, hook, call) : wantedCopies(events, hook, config.policy);
  const { jobs, pending } = await submitPushes(wanted.copies, hook.name, call.deps);
  return jsonResponse(jobs.length + pending > 0 ? 202 : 200, {
    jobs,
    ...(pending === 0 ? {} : { pending }),
    ignored: listed(wanted.ignored),
    ...events?.reply,
  });
}

/**
 * Answers the handshake of CloudEvents' HTTP webhooks (1.0, §4): every origin may send, since each delivery is authenticated by itself. The answer is the
 * same for every name, so that it does not tell which hooks exist.
 */
export function hookHandshake(headers: Headers): Response {
  const origin = headers.get("webhook-request-origin");
  return new Response(null, {
    status: origin === null ? 204 : 200,
    headers: { allow: "POST, OPTIONS", ...(origin === null ? {} : { "webhook-allowed-origin": origin, "webhook-allowed-rate": "*" }) },
  });
}

async function isAuthentic(delivery: Delivery, hook: Hook, { deps }: OpenCall): Promise<boolean> {
  try {
    return await SENDERS[hook.type].verify(delivery, hook, {
      fetchUrl: (url, init) => deps.fetch(url, init),
      nowMs: deps.now(),
    });
  } catch (error) {
    if (!(error instanceof KeysUnavailable)) {
      throw error;
    }
    throw new ApiError({ kind: "unavailable", detail: `${error.message}.`, retryAfterSeconds: RETRY_AFTER_SECONDS });
  }
}

/** Parses the body as JSON. GitHub and Gitea may be configured to send it as the field `payload` of a form. What is ours is read as for `POST /copy`. */
function jsonOf({ headers, body }: Delivery, isOurs: boolean): unknown {
  const type = essence(headers.get("content-type"));
  const isForm = type === "application/x-www-form-urlencoded";
  if (!isForm && type !== "" && !/^(?:application|text)\/(?:[\w.+-]+\+)?json$/.test(type)) {
    throw new ApiError({ kind: "unsupported-media-type", detail: "The body's Content-Type must be application/json, or another of JSON." });
  }
  if ((headers.get("content-encoding") ?? "identity").toLowerCase() !== "identity") {
    throw new ApiError({ kind: "unsupported-media-type", detail: "A compressed body (Content-Encoding) is not supported." });
  }
  const text = bodyText(body);
  const json = isForm ? (new URLSearchParams(text).get("payload") ?? "") : text;
  if (isOurs) {
    return parseFields(json);
  }
  const parsed = parseJson(json);
  if (!parsed.ok) {
    throw new ApiError({ kind: "malformed", detail: `The request's body ${parsed.detail}.` });
  }
  return parsed.value;
}

/** Reads the body of a `generic` hook that is a whole copy request. */
function ownRequest(json: unknown, hook: Hook, { config, request }: OpenCall): WantedCopies {
  const read = readCopyRequest(json);
  const faults = read.ok ? callbackFaults(read.request, config) : read.faults;
  if (!read.ok || faults.length > 0) {
    throw invalidRequest(faults);
  }
  authorizeCopy(read.request, { name: hook.name }, config.policy);
  return { copies: [{ request: read.request, moment: signedMoment(request.headers), actor: null }], ignored: [] };
}

/** Drops repeated reasons, and all beyond {@link MAX_IGNORED}. */
function listed(ignored: readonly Ignored[]): Ignored[] {
  const all = [...new Map(ignored.map((one) => [JSON.stringify([one.reason, one.reference]), one])).values()];
  const more = all.length - MAX_IGNORED;
  return more <= 0 ? all : [...all.slice(0, MAX_IGNORED), { reason: `and ${more} more` }];
}

function decoded(secret: string | undefined): string | undefined {
  try {
    return secret === undefined ? undefined : decodeURIComponent(secret);
  } catch {
    return secret;
  }
}
