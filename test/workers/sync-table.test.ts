/** The schedule on its real rows: what is due, what is made up for, what is not started twice. The clock is given. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { readSyncs, type SyncEntry } from "../../src/config/syncs.ts";
import type { JobDocument, Trigger } from "../../src/jobs/document.ts";
import type { Idempotency } from "../../src/jobs/idempotency.ts";
import { SyncRows } from "../../src/jobs/schedule/sync-rows.ts";
import { SyncTable } from "../../src/jobs/schedule/sync-table.ts";

const at = (time: string) => Date.parse(`2026-11-25T${time}Z`);

function entries(...schedules: string[]): SyncEntry[] {
  return readSyncs({
    SYNC: schedules.map((schedule, index) => ({ name: `entry-${index}`, schedule, source: "busybox", destination: "a.io/busybox" })),
  });
}

interface Made {
  trigger: Trigger;
  key: Idempotency | undefined;
}

/** A schedule of its own, played minute by minute; jobs run until they are ended by hand. */
function schedule() {
  const stub = () => env.SYNC_SCHEDULE.getByName(name);
  const name = crypto.randomUUID();
  const made: Made[] = [];
  const ended = new Set<string>();
  const refused = new Map<string, string>();
  const ids = new Map<string, string>();
  const jobOf = (id: string) => ({ id, status: ended.has(id) ? "succeeded" : "running" }) as JobDocument;
  const table = (sql: SqlStorage, nowMs: number) =>
    new SyncTable(new SyncRows(sql), {
      now: () => nowMs,
      submit: async (_, trigger, key) => {
        const text = key === undefined ? `wish-${made.length}` : `${key.principal}/${key.key}`;
        const known = ids.get(text);
        if (known === undefined) {
          ids.set(text, `job-${made.length}`);
          made.push({ trigger, key });
        }
        return { outcome: known === undefined ? "created" : "known", job: jobOf(ids.get(text) as string) };
      },
      job: async (id) => jobOf(id),
      refusal: () => refused.get("all"),
    });
  const within = <T>(nowMs: number, use: (table: SyncTable) => Promise<T>) =>
    runInDurableObject(stub(), (_, { storage }) => use(table(storage.sql, nowMs)));
  return {
    made,
    tick: (time: string, list: readonly SyncEntry[]) => within(at(time), (one) => one.tick(list, at(time))),
    run: (time: string, entry: SyncEntry) => within(at(time), (one) => one.run(entry, "ci")),
    within: <T>(time: string, use: (table: SyncTable) => Promise<T>) => within(at(time), use),
    rows: () => within(0, async (one) => one.rows()),
    end: (...jobs: string[]) => jobs.forEach((job) => void ended.add(job)),
    refuse: (reason: string | undefined) => (reason === undefined ? refused.delete("all") : refused.set("all", reason)),
    evict: () => evictDurableObject(stub()),
  };
}

test("a due time makes one job, however often it is looked at", async () => {
  const { tick, made } = schedule();
  const list = entries("30 2 * * *");
  await tick("02:29:00", list);
  expect(made).toEqual([]);
  await tick("02:30:00", list);
  await tick("02:30:00", list);
  await tick("02:31:00", list);
  expect(made).toEqual([
    { trigger: { kind: "cron", name: "entry-0", actor: null }, key: { principal: "sync:entry-0", key: String(at("02:30:00")) } },
  ]);
});

test("an entry that is new is not made up for what was before it", async () => {
  const { tick, made } = schedule();
  await tick("10:07:00", entries("30 2 * * *"));
  expect(made).toEqual([]);
});

test("of the minutes that were missed the last is made up for, once", async () => {
  const { tick, made, end, evict } = schedule();
  const list = entries("*/10 * * * *");
  await tick("10:00:00", list);
  end("job-0");
  await evict();
  await tick("10:47:00", list);
  await tick("10:48:00", list);
  expect(made.map(({ key }) => key?.key)).toEqual([at("10:00:00"), at("10:40:00")].map(String));
});

test("a run that is still going is not started again, nor made up for", async () => {
  const { tick, made, end, rows } = schedule();
  const list = entries("*/10 * * * *");
  await tick("10:00:00", list);
  await tick("10:10:00", list);
  await tick("10:20:00", list);
  expect(await rows()).toMatchObject([{ lastJob: "job-0", skipped: 2, lastDue: at("10:00:00") }]);
  end("job-0");
  await tick("10:21:00", list);
  expect(made).toHaveLength(1);
  await tick("10:30:00", list);
  expect(made).toHaveLength(2);
  expect(await rows()).toMatchObject([{ lastJob: "job-1", skipped: 0, lastDue: at("10:30:00") }]);
});

test("a copy that is not allowed makes no job, and the row says why", async () => {
  const { tick, made, rows, refuse } = schedule();
  const list = entries("0 * * * *");
  refuse("is not allowed by POLICY");
  await tick("10:00:00", list);
  expect(made).toEqual([]);
  expect(await rows()).toMatchObject([{ lastDue: at("10:00:00"), lastJob: null, refusal: "is not allowed by POLICY" }]);
  refuse(undefined);
  await tick("11:00:00", list);
  expect(await rows()).toMatchObject([{ lastJob: "job-0", refusal: null }]);
});

test("an entry that is taken out is forgotten, the others stay", async () => {
  const { tick, rows } = schedule();
  const list = entries("0 * * * *", "0 * * * *");
  await tick("10:00:00", list);
  expect((await rows()).map(({ name }) => name)).toEqual(["entry-0", "entry-1"]);
  await tick("10:01:00", list.slice(1));
  expect((await rows()).map(({ name }) => name)).toEqual(["entry-1"]);
});

describe("on somebody's wish", () => {
  test("an entry runs at once, under the name of who wished it", async () => {
    const { run, made, rows } = schedule();
    const [entry] = entries("0 0 1 1 *") as [SyncEntry];
    expect(await run("10:03:00", entry)).toMatchObject({ id: "job-0" });
    expect(made).toEqual([{ trigger: { kind: "cron", name: "entry-0", actor: "ci" }, key: undefined }]);
    expect(await rows()).toMatchObject([{ lastJob: "job-0", lastDue: null, lastStartedAt: at("10:03:00") }]);
  });

  test("the run that is still going is given instead of a second one", async () => {
    const { run, made, end } = schedule();
    const [entry] = entries("0 0 1 1 *") as [SyncEntry];
    await run("10:03:00", entry);
    expect(await run("10:04:00", entry)).toMatchObject({ id: "job-0" });
    end("job-0");
    expect(await run("10:05:00", entry)).toMatchObject({ id: "job-1" });
    expect(made).toHaveLength(2);
  });

  test("two wishes at once, with the due time between them, are one run", async () => {
    const { within, made, rows } = schedule();
    const list = entries("0 * * * *");
    const [entry] = list as [SyncEntry];
    const [first, , second] = await within("09:59:59", (table) =>
      Promise.all([table.run(entry, "ci"), table.tick(list, at("10:00:00")), table.run(entry, "ops")]),
    );
    expect([first.id, second.id]).toEqual(["job-0", "job-0"]);
    expect(made).toHaveLength(1);
    expect(await rows()).toMatchObject([{ lastJob: "job-0", skipped: 1 }]);
  });
});
