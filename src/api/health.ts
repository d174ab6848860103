/** `GET /healthz`: whether this instance could work. */
import { ConfigError } from "../config/config-error.ts";
import type { ApiDeps } from "./deps.ts";
import { jsonResponse } from "./json-response.ts";

/** Longest time that a check may take, in milliseconds: whoever asks gives up soon. */
const CHECK_MS = 3_000;

interface Check {
  status: "pass" | "fail";
  output?: string;
}

/**
 * 200 where the configuration is sound and every binding answers, else 503 naming what does not. The shape is the one of
 * draft-inadarei-api-health-check. Says nothing of what is behind the bindings: anybody may ask.
 */
export async function health(deps: ApiDeps): Promise<Response> {
  try {
    deps.config();
  } catch (error) {
    return jsonResponse(503, { status: "fail", output: error instanceof ConfigError ? error.message : "internal error" });
  }
  const found = await Promise.all(
    Object.entries(deps.bindings).map(async ([name, answers]): Promise<[string, Check]> => [name, await checked(answers, deps)]),
  );
  const status = found.every(([, check]) => check.status === "pass") ? "pass" : "fail";
  return jsonResponse(status === "pass" ? 200 : 503, { status, checks: Object.fromEntries(found) });
}

async function checked(answers: () => Promise<unknown>, deps: ApiDeps): Promise<Check> {
  const late = deps.sleep(CHECK_MS).then(() => {
    throw new Error(`no answer within ${CHECK_MS / 1000} s`);
  });
  try {
    await Promise.race([answers(), late]);
    return { status: "pass" };
  } catch (error) {
    deps.onUnexpected?.(error);
    return { status: "fail", output: "does not answer" };
  }
}
