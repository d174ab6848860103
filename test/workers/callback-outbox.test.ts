/** Delivering callbacks on real rows: in order, again and again, until the receiver has them or is gone. Clock and receiver are given. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { CallbackOutbox } from "../../src/jobs/callbacks/callback-outbox.ts";
import type { Callback, CallbackEvent } from "../../src/jobs/callbacks/callback-request.ts";
import { CallbackRows } from "../../src/jobs/callbacks/callback-rows.ts";

const BEGIN = Date.UTC(2026, 10, 25);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function callback(event: CallbackEvent, occurredAt = BEGIN): Callback {
  return {
    id: `job.${event}`,
    event,
    job: "job",
    body: `{"event":"${event}"}`,
    subject: "x",
    occurredAt,
    url: "https://a.io/",
    format: "standard",
  };
}

/** An outbox of its own. `answers` are the receiver's, a status or an error; then 204. The alarm is played by hand. */
function outbox(answers: (number | Error | Response)[] = []) {
  const name = crypto.randomUUID();
  const sent: string[] = [];
  const state = { now: BEGIN, alarm: undefined as number | undefined, cleared: false, refused: undefined as string | undefined };
  const use = <T>(play: (box: CallbackOutbox) => Promise<T>) =>
    runInDurableObject(env.JOB_CALLBACKS.getByName(name), (_, { storage }) =>
      play(
        new CallbackOutbox(new CallbackRows(storage.sql), {
          effects: {
            now: () => state.now,
            random: () => 0,
            sleep: async () => {},
            after: () => () => {},
            fetch: async (_url, init) => {
              sent.push(`${new Headers(init.headers).get("webhook-id")} ${init.body}`);
              const answer = answers.shift() ?? 204;
              if (answer instanceof Error) {
                throw answer;
              }
              return typeof answer === "number" ? new Response(null, { status: answer }) : answer;
            },
          },
          setAlarm: async (at) => {
            state.alarm = at;
          },
          clear: async () => {
            state.cleared = true;
            state.alarm = undefined;
          },
          secret: undefined,
          refusal: () => state.refused,
        }),
      ),
    );
  return {
    sent,
    state,
    take: (one: Callback) => use((box) => box.take(one)),
    tryOnce: (one: Callback) => use((box) => box.tryOnce(one)),
    /** Lets the alarm come at its time; gives how long after the beginning that was. */
    ring: async () => {
      state.now = Math.max(state.now, state.alarm ?? state.now);
      await use((box) => box.wake());
      return state.now - BEGIN;
    },
    tables: () =>
      runInDurableObject(
        env.JOB_CALLBACKS.getByName(name),
        (_, { storage }) => storage.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table'").toArray().length,
      ),
    evict: () => evictDurableObject(env.JOB_CALLBACKS.getByName(name)),
  };
}

test("a callback is stored first, delivered at the alarm, and told once however often it is handed over", async () => {
  const box = outbox();
  await box.take(callback("completed"));
  await box.take(callback("completed"));
  expect(box.sent).toEqual([]);
  await box.evict();
  await box.ring();
  expect(box.sent).toEqual(['job.completed {"event":"completed"}']);
  await box.take(callback("completed"));
  await box.ring();
  expect(box.sent).toHaveLength(1);
});

test("a failure is tried again by the published schedule, with the same id and body, until the last", async () => {
  const box = outbox(Array.from({ length: 20 }, () => 500));
  await box.take(callback("completed"));
  const times: number[] = [];
  for (let attempt = 0; attempt < 10; attempt++) {
    times.push(await box.ring());
  }
  const gaps = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 1000);
  expect(gaps).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
  expect(new Set(box.sent)).toEqual(new Set(['job.completed {"event":"completed"}']));
  // Given up: nothing is left but to forget it.
  await box.ring();
  expect([box.sent.length, box.state.cleared]).toEqual([10, true]);
});

test("what happened later waits for what failed before it", async () => {
  const box = outbox([new Error("refused"), 204, 204]);
  await box.take(callback("started"));
  await box.take(callback("completed", BEGIN + 1));
  await box.ring();
  expect(box.sent.map((one) => one.split(" ")[0])).toEqual(["job.started"]);
  await box.ring();
  expect(box.sent.map((one) => one.split(" ")[0])).toEqual(["job.started", "job.started", "job.completed"]);
});

test("410 ends all that is waiting and all that comes within a day", async () => {
  const box = outbox([410]);
  await box.take(callback("started"));
  await box.take(callback("completed", BEGIN + 1));
  await box.ring();
  await box.take({ ...callback("completed"), id: "job.completed.again" });
  expect([box.sent.length, box.state.alarm]).toEqual([1, BEGIN + DAY]);
});

test("a redirect is a failure and nobody goes there", async () => {
  const box = outbox([Response.redirect("https://elsewhere.io/", 307), 204]);
  await box.take(callback("completed"));
  await box.ring();
  expect(box.sent).toHaveLength(1);
  expect(box.state.alarm).toBe(BEGIN + 5000);
});

test("a receiver that asks for longer gets longer", async () => {
  const box = outbox([new Response(null, { status: 429, headers: { "retry-after": "120" } })]);
  await box.take(callback("completed"));
  await box.ring();
  expect(box.state.alarm).toBe(BEGIN + 2 * MINUTE);
});

test("an address that is no longer allowed is not gone to", async () => {
  const box = outbox();
  box.state.refused = "is not allowed";
  await box.take(callback("completed"));
  await box.tryOnce(callback("progress"));
  await box.ring();
  expect(box.sent).toEqual([]);
});

test("progress is tried once, and not before what is due", async () => {
  const box = outbox([500, 204]);
  await box.tryOnce(callback("progress"));
  expect(box.sent).toHaveLength(1);
  await box.take(callback("started"));
  await box.tryOnce(callback("progress"));
  expect(box.sent).toHaveLength(1);
});

test("an outbox that tells of progress alone leaves no database behind", async () => {
  const box = outbox();
  await box.tryOnce(callback("progress"));
  expect(box.sent).toHaveLength(1);
  expect(await box.tables()).toBe(0);
});

test("an outbox with nothing to do forgets itself after a day", async () => {
  const box = outbox();
  await box.take(callback("completed"));
  await box.ring();
  expect(box.state.alarm).toBe(BEGIN + DAY);
  await box.ring();
  expect(box.state.cleared).toBe(true);
});
