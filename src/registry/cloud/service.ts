/** Asks a cloud's login service, with everything that guards requests to registries: the address, the limits of time and size, no redirect. */
import { CopyError } from "../../oci/errors.ts";
import { attempt, type Wire } from "../attempt.ts";
import { readJsonBody } from "../content-coding.ts";
import { quoteSafely } from "../error-body.ts";
import { failureSite, responseFailure } from "../errors.ts";
import { quotable } from "../secrets.ts";
import { MAX_TOKEN_BODY_BYTES } from "../token.ts";
import type { AskService, ServiceRequest } from "./login.ts";

/** AWS's refusals that pass (all of status 400), beside those whose status says so. */
const PASSING = /^(?:Throttl|RequestLimitExceeded|TooManyRequests|ServerException|ServiceUnavailable|LimitExceeded$)/;

/** Returns a function that asks login services over a registry's wire. `secrets` are cut out of whatever comes back as a failure. */
export function serviceOn(wire: Wire, secrets: () => readonly string[]): AskService {
  return async (request) => {
    const { url, permit, headers, body, what, accepts, carries = [] } = request;
    const askedAtMs = wire.effects.now();
    const response = await attempt(wire, {
      method: "POST",
      url,
      permit,
      headers,
      body,
      purpose: "token",
      secrets: [...quotable(carries), ...secrets()],
      bufferBytes: MAX_TOKEN_BODY_BYTES + 1,
    });
    const { bytes, truncated } = await readJsonBody(response.clone(), MAX_TOKEN_BODY_BYTES);
    const json = truncated ? undefined : objectOf(new TextDecoder().decode(bytes));
    if (json !== undefined && (response.status === 200 || (accepts !== undefined && typeOf(json) === accepts))) {
      return { json, askedAtMs };
    }
    if (response.status === 200) {
      throw denied(wire, `${what}: its answer is no JSON object of at most ${MAX_TOKEN_BODY_BYTES} bytes`);
    }
    throw await refusalOf(wire, request, response, json);
  };
}

/** Turns a reason of a login's own into a failure of the copy; leaves failures as they are. */
export function loginFailure(wire: Wire, error: unknown): CopyError {
  if (error instanceof CopyError) {
    return error;
  }
  const reason = error instanceof Error ? quoteSafely(error.message) : "unknown";
  return denied(wire, `Logging in to ${wire.endpoint.registry} with its cloud: ${reason}`);
}

async function refusalOf(
  wire: Wire,
  { what, url, variables }: ServiceRequest,
  response: Response,
  json: Readonly<Record<string, unknown>> | undefined,
): Promise<CopyError> {
  const type = typeOf(json);
  const said = type === undefined ? what : `${what} (${type})`;
  const { failure } = await responseFailure({ response, url }, wire.endpoint, said, wire.effects.now());
  if (failure.retry === "later") {
    return new CopyError(failure);
  }
  if (type !== undefined && PASSING.test(type)) {
    return new CopyError({ ...failure, code: "registry-unavailable", retry: "later" });
  }
  return new CopyError({ ...failure, code: "access-denied", message: `${failure.message}; check ${variables}`, retry: "never" });
}

function denied({ endpoint }: Wire, message: string): CopyError {
  return new CopyError({ code: "access-denied", message, retry: "never", ...failureSite(endpoint) });
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** AWS's name for a refusal, without its namespace. */
function typeOf(json: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const type = json?.__type;
  return typeof type === "string" ? /^(?:[\w.]+#)?(\w{1,80})$/.exec(type)?.[1] : undefined;
}
