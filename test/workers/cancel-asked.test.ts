/** Cancels that can't be carried out at once, on the rows of a real object: that one was asked for outlives the slice, its wait and its process. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import type { Submission } from "../../src/jobs/document.ts";
import { JobRunner, type RunnerDeps } from "../../src/jobs/runner.ts";
import { CopyError } from "../../src/oci/errors.ts";
import { quickEffects } from "../support/quick-effects.ts";

const BEGIN = Date.UTC(2026, 10, 25);
const HOUR = 60 * 60 * 1000;
const ID = "01890000-0000-7000-8000-0000000000ca";
const SUBMISSION: Submission = {
  id: ID,
  request: { source: "a.io/x:1", destination: ["b.io/x:1"] },
  fingerprint: "x",
  trigger: { kind: "api", name: "test", actor: null },
};

const forever = () => new Promise<never>(() => {});

/** A job's runner as one process makes it, with registries that are admitted as told; and the times that its alarm was set to. */
function runner({ sql }: DurableObjectStorage, admission: Partial<RunnerDeps["admission"]>) {
  const alarms: number[] = [];
  const sleep: typeof quickEffects.sleep = (ms, signal) => (ms <= 2_000 ? Promise.resolve() : quickEffects.sleep(HOUR, signal));
  const deps: Partial<Record<keyof RunnerDeps, unknown>> = {
    sql,
    effects: { ...quickEffects, now: () => BEGIN, sleep },
    setAlarm: async (at: number) => void alarms.push(at),
    startDelay: () => 0,
    openSource: () => ({}),
    openTarget: () => ({}),
    subrequests: () => 0,
    memory: { open: () => ({ renew: () => {} }) },
    admission,
    ledger: { record: async () => {}, forget: async () => {} },
    outbox: { take: async () => {}, tryOnce: async () => {} },
    canStage: false,
    sliceMs: HOUR,
    keepMs: HOUR,
    patienceMs: HOUR,
  };
  return { alarms, job: new JobRunner(deps as unknown as RunnerDeps) };
}

test("a job whose process dies before it has stopped is not gone on with by the next", async () => {
  await runInDurableObject(env.COPY_JOBS.getByName("cancel-and-die"), async (_, { storage }) => {
    const { job } = runner(storage, { admit: forever });
    await job.submit(SUBMISSION);
    expect(await job.cancel()).toMatchObject({ status: "running", finishedAt: null });

    const admit = async () => {
      throw new CopyError({ code: "registry-unavailable", message: "a.io answered 503", retry: "later", registry: "a.io" });
    };
    const { job: next } = runner(storage, { admit });
    await next.wake();
    expect(await next.read()).toMatchObject({ status: "cancelled", error: { code: "cancelled" }, waiting: null });
  });
});

test("a job that has begun to wait meanwhile does not wait to its end", async () => {
  await runInDurableObject(env.COPY_JOBS.getByName("cancel-and-wait"), async (_, { storage }) => {
    const [waits, noted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const pause = async () => {
      waits.resolve();
      await noted.promise;
    };
    const admit = async () => {
      const upstream = { status: 429 };
      throw new CopyError({ code: "rate-limited", message: "slow down", retry: "later", waitMs: HOUR, registry: "a.io", upstream });
    };
    const { job, alarms } = runner(storage, { admit, pause });
    await job.submit(SUBMISSION);
    await waits.promise;
    expect(await job.cancel()).toMatchObject({ status: "running", waiting: { until: new Date(BEGIN + HOUR).toISOString() } });

    noted.resolve();
    await vi.waitFor(() => expect(alarms.at(-1)).toBe(BEGIN));
    await job.wake();
    expect(await job.read()).toMatchObject({ status: "cancelled", waiting: null });
  });
});
