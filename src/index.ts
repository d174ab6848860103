/** The Worker: takes requests, and exports the classes that its Durable Objects and its own calls to itself are made of. */
import { waitUntil } from "cloudflare:workers";
import type { ApiDeps } from "./api/deps.ts";
import { createRouter } from "./api/router.ts";
import { configOf } from "./config/config.ts";
import { ledgerOf, registryHost, stageBucket, syncScheduleOf } from "./jobs/bindings.ts";
import { sweepWholeStage } from "./jobs/blobs/sweep-stage.ts";
import { Admission } from "./jobs/hosts/admission.ts";
import { checkRegistry } from "./jobs/hosts/check-registry.ts";
import { transportTo } from "./jobs/hosts/connections.ts";
import { openReading } from "./jobs/hosts/open-reading.ts";
import { workerLog } from "./jobs/ledger/worker-log.ts";
import { findJob, submitCopy } from "./jobs/submit.ts";
import { workerEffects } from "./jobs/worker-effects.ts";
import { fingerprintOf } from "./request/fingerprint.ts";
import { tryBucket } from "./staging/try-bucket.ts";

export { ChatReply } from "./api/chat-reply-object.ts";
export { Carrier } from "./jobs/blobs/carrier.ts";
export { JobCallbacks } from "./jobs/callbacks/callback-object.ts";
export { Destination } from "./jobs/destinations/destination-object.ts";
export { RegistryHost } from "./jobs/hosts/host-object.ts";
export { CopyJob } from "./jobs/job-object.ts";
export { JobLedger } from "./jobs/ledger/ledger-object.ts";
export { SyncSchedule } from "./jobs/schedule/sync-object.ts";

const HOUR_MS = 60 * 60 * 1000;

/** The stage is swept at this minute of each hour: not at the full hour, when everybody's jobs begin. */
const SWEEP_MINUTE = 23;

type Router = ReturnType<typeof createRouter>;

/** The runtime gives the same `env` to all requests of an isolate. */
const routers = new WeakMap<Cloudflare.Env, Router>();

function routerOf(env: Cloudflare.Env): Router {
  let router = routers.get(env);
  if (router === undefined) {
    const hostOf = (registry: string) => registryHost(env, registry);
    const admission = new Admission(hostOf, workerEffects);
    const deps: ApiDeps = {
      config: () => configOf(env),
      submit: (request, trigger, idempotency) =>
        submitCopy(env, {
          request,
          trigger,
          fingerprint: fingerprintOf(request),
          ...(idempotency === undefined ? {} : { idempotency }),
        }),
      job: (id) => findJob(env, id),
      list: (query) => ledgerOf(env).list(query),
      openSource: (name, signal) => openReading({ config: configOf(env), effects: workerEffects, hostOf }, admission, name, signal),
      now: () => workerEffects.now(),
      sleep: (ms) => workerEffects.sleep(ms),
      follow: (name, following) => env.CHAT_REPLIES.getByName(name).follow(following),
      fetch: (url, init) => fetch(url, init),
      waitUntil,
      tryStage: stageBucket(env) === undefined ? undefined : () => tryBucket(env.STAGE, crypto.randomUUID()),
      checkRegistry: (registry) =>
        checkRegistry(transportTo({ config: configOf(env), effects: workerEffects, hostOf }, "source", { registry, repository: "" })),
      metrics: () => ledgerOf(env).metrics(),
      bindings: {
        jobs: () => ledgerOf(env).list({ limit: 1 }),
        stage: async () => stageBucket(env)?.head("healthz"),
      },
      onUnexpected: (error) =>
        workerLog(configOf(env))("error", "api.unexpected", { detail: error instanceof Error ? error.message : String(error) }),
      syncs: {
        rows: () => syncScheduleOf(env).rows(),
        run: (name, actor) => syncScheduleOf(env).run(name, actor),
      },
    };
    router = createRouter(deps);
    routers.set(env, router);
  }
  return router;
}

/** Makes the jobs of the schedule's entries that are due. */
async function tick(nowMs: number, env: Cloudflare.Env): Promise<void> {
  if (configOf(env).syncs.length > 0) {
    await syncScheduleOf(env).tick(nowMs);
  }
}

/** Sweeps the stage, at its minute of the hour. */
async function sweep(nowMs: number, env: Cloudflare.Env): Promise<void> {
  const bucket = stageBucket(env);
  if (bucket === undefined || new Date(nowMs).getUTCMinutes() !== SWEEP_MINUTE) {
    return;
  }
  const config = configOf(env);
  const begin = (await ledgerOf(env).sweepCursor()) ?? undefined;
  const { deleted, aborted, failed, failure, cursor } = await sweepWholeStage(bucket, nowMs, config.stageTtlHours * HOUR_MS, begin);
  workerLog(config)(failed === 0 ? "info" : "warn", "stage.swept", {
    deleted,
    aborted,
    failed,
    detail: failure?.message,
    whole: cursor === undefined,
  });
  await ledgerOf(env).swept({ deleted, aborted }, cursor ?? null);
}

export default {
  fetch: (request, env) => routerOf(env).fetch(request),
  scheduled: async (controller, env) => {
    // Neither keeps the other from its turn; a failure of either is the runtime's to report.
    const outcomes = await Promise.allSettled([tick(controller.scheduledTime, env), sweep(controller.scheduledTime, env)]);
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) {
      throw failed.reason;
    }
  },
} satisfies ExportedHandler<Cloudflare.Env>;
