/** What a job tells the ledger and its callback, on the rows of a real object. The clock and who is told are given. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { CallbackNews } from "../../src/jobs/callbacks/callback-news.ts";
import type { Callback } from "../../src/jobs/callbacks/callback-request.ts";
import type { JobDocument, JobSummary } from "../../src/jobs/document.ts";
import { Epilogue } from "../../src/jobs/epilogue.ts";
import type { JobRow } from "../../src/jobs/job-rows.ts";
import { JobStore } from "../../src/jobs/job-store.ts";
import type { CopyRequest } from "../../src/request/copy-request.ts";
import { quickEffects } from "../support/quick-effects.ts";
import { jobDocument } from "../unit/api/api-fixture.ts";

const ID = "01890000-0000-7000-8000-0000000000e0";
const BEGIN = Date.UTC(2026, 10, 25);
const TRIGGER = { kind: "api", name: "test", actor: null } as const;
const REQUEST: CopyRequest = { source: "busybox", destination: ["a.io/busybox"] };
const CALLBACK: CopyRequest = { ...REQUEST, callback: { url: "https://ci.example.com/told", events: ["started", "completed"] } };

/** A job that was just stored, and how it tells; `keepMs` is how long it is kept. */
function telling(storage: DurableObjectStorage, keepMs = 1_000) {
  let now = BEGIN;
  const told: { status: string; version: number }[] = [];
  const effects = { ...quickEffects, now: () => now };
  const store = new JobStore(storage.sql);
  const document = (job: JobRow): JobDocument => store.document(job, 0, 10);
  const submit = () => store.insert({ id: ID, request: REQUEST, fingerprint: "x", trigger: TRIGGER }, now);
  const ledger = {
    record: async ({ status }: JobSummary, version: number) => void told.push({ status, version }),
    forget: async () => {},
  };
  const news = new CallbackNews(storage.sql, { effects, outbox: { take: async () => {}, tryOnce: async () => {} } }, () =>
    document(store.row()),
  );
  const epilogue = new Epilogue(store, { effects, ledger, keepMs, clear: () => storage.deleteAll() }, document, news);
  submit();
  return {
    store,
    told,
    epilogue,
    submit,
    move: (status: JobRow["status"]) => store.jobs.move(status, now),
    at: (ms: number) => {
      now = BEGIN + ms;
    },
  };
}

test("the ledger hears how far a job is, at most each ten seconds, and no more once it has ended", async () => {
  await runInDurableObject(env.COPY_JOBS.getByName("told-progress"), async (_, { storage }) => {
    const { told, epilogue, move, at } = telling(storage);
    move("running");
    await epilogue.tellLedger();
    for (const second of [0, 1, 9, 10, 11, 19.9, 20]) {
      at(second * 1000);
      epilogue.progress();
      await Promise.resolve();
    }
    expect(told.map(({ status }) => status)).toEqual(["running", "running", "running"]);
    expect(told.map(({ version }) => version)).toEqual([1, 2, 3].map((step) => (told[0]?.version ?? 0) + step - 1));
    move("succeeded");
    await epilogue.tellLedger();
    at(60_000);
    epilogue.progress();
    expect(told.map(({ status }) => status)).toEqual(["running", "running", "running", "succeeded"]);
  });
});

test("a job of the same id as one that was forgotten is told as well", async () => {
  await runInDurableObject(env.COPY_JOBS.getByName("told-again"), async (_, { storage }) => {
    const { told, epilogue, submit, move, at } = telling(storage);
    move("running");
    move("succeeded");
    await epilogue.afterEnd();
    at(2_000);
    expect(await epilogue.afterEnd()).toBeUndefined();
    submit();
    await epilogue.tellLedger();
    expect(told.map(({ status }) => status)).toEqual(["succeeded", "queued"]);
  });
});

test("a retried job has not begun, and forgets when it did", async () => {
  await runInDurableObject(env.COPY_JOBS.getByName("begun-again"), async (_, { storage }) => {
    const { store, move, at } = telling(storage);
    at(1_000);
    move("running");
    at(2_000);
    move("failed");
    expect(store.row()).toMatchObject({ queuedAt: BEGIN, startedAt: BEGIN + 1_000, finishedAt: BEGIN + 2_000 });
    at(90_000);
    move("queued");
    expect(store.row()).toMatchObject({ queuedAt: BEGIN + 90_000, startedAt: null, finishedAt: null });
    at(91_000);
    move("running");
    expect(store.row()).toMatchObject({ createdAt: BEGIN, startedAt: BEGIN + 91_000, finishedAt: null });
  });
});

test("a callback is not told the secret in its own address", async () => {
  await runInDurableObject(env.COPY_JOBS.getByName("told-no-secret"), async (_, { storage }) => {
    const url = "https://ci.example.com/told?token=hush";
    const request = { ...REQUEST, callback: { url, events: ["completed"] } } satisfies CopyRequest;
    const store = new JobStore(storage.sql);
    store.insert({ id: ID, request, fingerprint: "x", trigger: TRIGGER }, BEGIN);
    store.jobs.move("running", BEGIN);
    store.jobs.move("succeeded", BEGIN);
    const taken: Callback[] = [];
    const outbox = { take: async (callback: Callback) => void taken.push(callback), tryOnce: async () => {} };
    await new CallbackNews(storage.sql, { effects: quickEffects, outbox }, () => store.document(store.row(), 0, 10)).tell(request);
    expect(taken.map((callback) => callback.url)).toEqual([url]);
    expect(taken[0]?.body).toContain("https://ci.example.com/told");
    expect(taken[0]?.body).not.toContain("hush");
  });
});

test("the end is told also where the start is still being told, and a second start is told as one", async () => {
  await runInDurableObject(env.COPY_JOBS.getByName("told-in-order"), async (_, { storage }) => {
    const taken: Callback[] = [];
    const hold = Promise.withResolvers<void>();
    let document = jobDocument({ status: "running", startedAt: "2026-11-25T00:00:01.000Z" });
    const take = async (callback: Callback) => {
      await hold.promise;
      taken.push(callback);
    };
    const news = new CallbackNews(storage.sql, { effects: quickEffects, outbox: { take, tryOnce: async () => {} } }, () => document);
    const begun = news.tell(CALLBACK);
    await Promise.resolve();
    document = { ...document, status: "failed", finishedAt: "2026-11-25T00:00:02.000Z" };
    const ended = news.tell(CALLBACK);
    hold.resolve();
    expect(await Promise.all([begun, ended])).toEqual([true, true]);
    expect(taken.map(({ event }) => event)).toEqual(["started", "completed"]);
    document = { ...document, status: "running", startedAt: "2026-11-25T01:00:00.000Z", finishedAt: null };
    await news.tell(CALLBACK);
    expect(taken.map(({ event }) => event)).toEqual(["started", "completed", "started"]);
    expect(new Set(taken.map(({ id }) => id)).size).toBe(3);
  });
});
