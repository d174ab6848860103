import { describe, expect, test } from "vitest";
import {
  CARRIERS_BYTES,
  carrierBytes,
  HOLD_BEAT_MS,
  HOLD_MS,
  MemoryGate,
  type MemoryHolder,
} from "../../../../src/jobs/blobs/memory-gate.ts";

const never = new AbortController().signal;

const always = () => true;

/** A clock that stands still until it is put forward. */
class Clock {
  ms = 1_000;
  readonly now = () => this.ms;
}

/** A gate at which one slice asks. */
function holderOf(bytes: number): MemoryHolder {
  return new MemoryGate(bytes, () => 0).open(always);
}

/** Work that is under way until it is told to end. */
function tasks(gate: MemoryHolder) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string, bytes: number, signal = never) =>
    gate.run(bytes, signal, () => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  return { begun, run, end: (name: string) => ends.get(name)?.() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("work begins in its order as far as there is room, and the next when there is again", async () => {
  const { begun, run, end } = tasks(holderOf(10));
  const all = [run("a", 6), run("b", 4), run("c", 5), run("d", 1)];
  await turn();
  expect(begun).toEqual(["a", "b"]);
  end("b");
  await turn();
  expect(begun).toEqual(["a", "b"]);
  end("a");
  await turn();
  expect(begun).toEqual(["a", "b", "c", "d"]);
  end("c");
  end("d");
  await Promise.all(all);
});

test("who is called off while waiting takes no room and holds nobody up", async () => {
  const { begun, run, end } = tasks(holderOf(10));
  const off = new AbortController();
  const first = run("a", 8);
  const called = run("b", 8, off.signal);
  const behind = run("c", 2);
  await turn();
  expect(begun).toEqual(["a"]);
  off.abort(new Error("cancelled"));
  await expect(called).rejects.toThrow("cancelled");
  await turn();
  expect(begun).toEqual(["a", "c"]);
  end("a");
  end("c");
  await Promise.all([first, behind]);
});

test("work that fails gives its room back", async () => {
  const gate = holderOf(1);
  await expect(gate.run(1, never, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  await expect(gate.run(1, never, async () => "done")).resolves.toBe("done");
});

test("fifteen carriers of large blobs have room, and hundreds of small ones", () => {
  expect(Math.floor(CARRIERS_BYTES / carrierBytes(5e9))).toBe(15);
  expect(Math.floor(CARRIERS_BYTES / carrierBytes(2_000))).toBeGreaterThan(400);
});

describe("a slice that is dead, its object having been reset,", () => {
  test("gives back what it held and what it waited for, a while after its last sign of life", async () => {
    const clock = new Clock();
    const gate = new MemoryGate(10, clock.now);
    const dead = tasks(gate.open(always));
    const alive = gate.open(always);
    const { begun, run, end } = tasks(alive);
    void dead.run("held", 8);
    void dead.run("queued", 8);
    const all = [run("a", 8), run("b", 2)];
    for (const last = clock.ms; clock.ms + HOLD_BEAT_MS < last + HOLD_MS; ) {
      clock.ms += HOLD_BEAT_MS;
      alive.renew();
    }
    await turn();
    expect([dead.begun, begun]).toEqual([["held"], []]);
    clock.ms += HOLD_BEAT_MS;
    alive.renew();
    await turn();
    expect([dead.begun, begun]).toEqual([["held"], ["a", "b"]]);
    end("a");
    end("b");
    await Promise.all(all);
    await expect(alive.run(10, never, async () => "all of it")).resolves.toBe("all of it");
  });

  test("and was not, as it turns out, does not give its room back a second time", async () => {
    const clock = new Clock();
    const gate = new MemoryGate(10, clock.now);
    const silent = tasks(gate.open(always));
    const alive = gate.open(always);
    const late = silent.run("late", 10);
    await turn();
    clock.ms += HOLD_MS;
    alive.renew();
    const { begun, run, end } = tasks(alive);
    const first = run("a", 10);
    silent.end("late");
    await late;
    const second = run("b", 1);
    await turn();
    expect(begun).toEqual(["a"]);
    end("a");
    await turn();
    end("b");
    await Promise.all([first, second]);
  });
});

test("a slice that keeps saying that it is alive keeps what it has, for as long as it takes", async () => {
  const clock = new Clock();
  const gate = new MemoryGate(10, clock.now);
  const [busy, other] = [gate.open(always), gate.open(always)];
  const { run, end } = tasks(busy);
  const waiting = tasks(other);
  const all = [run("long", 10), waiting.run("next", 1)];
  for (let beat = 0; beat < 100; beat++) {
    clock.ms += HOLD_BEAT_MS;
    busy.renew();
    other.renew();
  }
  await turn();
  expect(waiting.begun).toEqual([]);
  end("long");
  await turn();
  expect(waiting.begun).toEqual(["next"]);
  waiting.end("next");
  await Promise.all(all);
});

test("who waits gives up when its slice has no time left; what is under way goes on", async () => {
  const gate = new MemoryGate(10, () => 0);
  let hasTime = true;
  const ending = gate.open(() => hasTime);
  const { begun, run, end } = tasks(ending);
  const working = run("a", 10);
  const waiting = run("b", 10);
  ending.renew();
  hasTime = false;
  ending.renew();
  await expect(waiting).resolves.toBe("stopped");
  end("a");
  await expect(working).resolves.toBeUndefined();
  expect(begun).toEqual(["a"]);
});
