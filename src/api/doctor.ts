/** `GET /doctor`: tries out whether this instance can do its work. For those who have just deployed it. */
import type { Config } from "../config/config.ts";
import { DOCKER_HUB } from "../oci/reference.ts";
import { ApiError } from "./api-error.ts";
import type { Call } from "./deps.ts";
import { jsonResponse } from "./json-response.ts";

/** Most registries that one call checks. Each takes one to three requests, and an invocation has six connections. */
const MAX_REGISTRIES = 32;

interface DoctorCheck {
  name: string;
  status: "pass" | "fail";
  detail: string;
}

/** 200 where every check passes, else 503. Only for callers who may copy anything, since it tells which registries are configured. */
export async function getDoctor({ config, principal, deps }: Call): Promise<Response> {
  if (principal.token?.allow !== undefined) {
    throw new ApiError({
      kind: "forbidden",
      faults: [{ detail: `is not for the token "${principal.name}", which has allow rules`, pointer: "#" }],
    });
  }
  const hosts = registriesOf(config);
  const checks = await Promise.all([
    { name: "configuration", status: "pass", detail: "every variable can be read" } as const,
    checked("jobs", "the ledger answers", deps.bindings.jobs),
    checked("stage", "written, read and removed", deps.tryStage),
    ...hosts
      .slice(0, MAX_REGISTRIES)
      .map(async (host): Promise<DoctorCheck> => ({ name: `registry ${host}`, ...(await deps.checkRegistry(host)) })),
  ]);
  const status = checks.every((check) => check.status === "pass") ? "pass" : "fail";
  return jsonResponse(status === "pass" ? 200 : 503, { status, checks });
}

/** The hosts that the configuration names; Docker Hub where it names none. */
function registriesOf({ registries, dockerConfig }: Config): string[] {
  const named = [...Object.keys(registries), ...dockerConfig.entries.map(({ host }) => host)];
  return [...new Set(named.length === 0 ? [DOCKER_HUB] : named)].sort();
}

async function checked(name: string, passed: string, check: (() => Promise<unknown>) | undefined): Promise<DoctorCheck> {
  if (check === undefined) {
    return { name, status: "fail", detail: "there is no such binding" };
  }
  try {
    await check();
    return { name, status: "pass", detail: passed };
  } catch (error) {
    return { name, status: "fail", detail: error instanceof Error ? error.message : "it does not answer" };
  }
}
