/** `GET /healthz`: whether this instance could work. */
import { ConfigError } from "../config/config-error.ts";
import type { ApiDeps } from "./deps.ts";
import { jsonResponse } from "./json-response.ts";

/** 200 where the configuration is sound, else 503 naming what is wrong with it. The shape is the one of draft-inadarei-api-health-check. */
export function health(deps: ApiDeps): Response {
  try {
    deps.config();
    return jsonResponse(200, { status: "pass" });
  } catch (error) {
    return jsonResponse(503, { status: "fail", output: error instanceof ConfigError ? error.message : "internal error" });
  }
}
