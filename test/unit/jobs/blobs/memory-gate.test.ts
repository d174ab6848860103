import { expect, test } from "vitest";
import { CARRIERS_BYTES, carrierBytes, MemoryGate } from "../../../../src/jobs/blobs/memory-gate.ts";

const never = new AbortController().signal;

/** Work that is under way until it is told to end. */
function tasks(gate: MemoryGate) {
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
  const { begun, run, end } = tasks(new MemoryGate(10));
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
  const { begun, run, end } = tasks(new MemoryGate(10));
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
  const gate = new MemoryGate(1);
  await expect(gate.run(1, never, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  await expect(gate.run(1, never, async () => "done")).resolves.toBe("done");
});

test("fifteen carriers of large blobs have room, and hundreds of small ones", () => {
  expect(Math.floor(CARRIERS_BYTES / carrierBytes(5e9))).toBe(15);
  expect(Math.floor(CARRIERS_BYTES / carrierBytes(2_000))).toBeGreaterThan(400);
});
