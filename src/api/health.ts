/** `GET /healthz`: whether this instance can work. */
import { ConfigError } from "../config/config-error.ts";
import type { ApiDeps } from "./deps.ts";
import { jsonResponse } from "./json-response.ts";

/** How long a check may take, in milliseconds: less than monitors usually wait. */
const CHECK_MS = 3_000;

interface Check {
  status: "pass" | "fail";
  output?: string;
}

/**
 * 200 where the configuration is valid and every binding answers, else 503 with what is wrong. The format is that of draft-inadarei-api-health-check. Needs
 * no token, and so tells nothing about what is behind the bindings.
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
