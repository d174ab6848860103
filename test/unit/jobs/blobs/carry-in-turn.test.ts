/** Waiting for a slot at a registry and for memory, in this order, and for no longer than the slice lasts. */
import { expect, test } from "vitest";
import { carryInTurn } from "../../../../src/jobs/blobs/carry-in-turn.ts";
import type { CarryTask } from "../../../../src/jobs/blobs/carry-task.ts";
import { MemoryGate } from "../../../../src/jobs/blobs/memory-gate.ts";
import { Slots } from "../../../../src/jobs/hosts/host-limits.ts";
import type { HostLink } from "../../../../src/jobs/hosts/host-link.ts";
import { slotsOf } from "../../../../src/jobs/hosts/spare-host.ts";
import type { Digest } from "../../../../src/oci/digest.ts";
import { quickEffects, realSleep } from "../../../support/quick-effects.ts";

const never = new AbortController().signal;
const report = async () => "go-on" as const;
let holders = 0;
const effects = { ...quickEffects, random: () => holders++, sleep: realSleep };

/** An errand that is as large as a carrier can be. */
function taskAt(registry: string, errand: "look" | "survey" = "look"): CarryTask {
  const blob = { digest: `sha256:${"0".repeat(64)}` as Digest, mediaType: "x", size: 1e9 };
  return { errand, blob, target: { registry, repository: "app" }, mountFrom: [], lookFirst: false };
}

/** One host with one slot, `narrow.example`; memory for two carriers; carriers that work until they are told to end. */
function harbour() {
  const held = new Slots();
  const link = {
    takeSlot: async (holder: string, limit: number) => {
      await realSleep(5);
      return held.take(holder, limit, 0);
    },
    giveBackSlot: async (holder: string) => held.giveBack(holder),
  } as unknown as HostLink;
  const slots = slotsOf({ "narrow.example": { concurrency: 1 } }, () => link, effects);
  const gate = new MemoryGate(9 * 1024 * 1024, () => 0);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const job = (hasTime = () => true, cancelled = never) =>
    carryInTurn(
      async (task) => {
        begun.push("target" in task ? task.target.registry : "");
        await new Promise<void>((resolve) => ends.push(resolve));
        return { outcome: "missing" };
      },
      { slots, memory: gate.open(hasTime), cancelled, hasTime },
    );
  return { begun, job, endAll: () => ends.splice(0).forEach((end) => void end()) };
}

test("who waits for a slot holds no memory: an errand at another registry has room", async () => {
  const { begun, job, endAll } = harbour();
  const carry = job();
  const all = ["narrow.example", "narrow.example", "narrow.example"].map((registry) => carry(taskAt(registry), report));
  await expect.poll(() => begun).toEqual(["narrow.example"]);
  all.push(job()(taskAt("wide.example"), report));
  await expect.poll(() => begun).toEqual(["narrow.example", "wide.example"]);
  const over = setInterval(endAll, 5);
  await Promise.all(all);
  clearInterval(over);
  expect(begun).toHaveLength(4);
});

test.each([
  ["look", { outcome: "stopped" }],
  ["survey", { outcome: "failed", failure: { code: "timeout", retry: "later" } }],
] as const)("a `%s` that waits for a slot comes back when its slice is over", async (errand, result) => {
  const { begun, job, endAll } = harbour();
  const first = job()(taskAt("narrow.example"), report);
  await expect.poll(() => begun).toEqual(["narrow.example"]);
  const end = Date.now() + 50;
  const late = job(() => Date.now() < end);
  expect(await late(taskAt("narrow.example", errand), report)).toMatchObject(result);
  endAll();
  await first;
});

test("a cancel ends the wait for a slot, and gives back one that was being taken", async () => {
  const { begun, job, endAll } = harbour();
  const first = job()(taskAt("narrow.example"), report);
  await expect.poll(() => begun).toHaveLength(1);
  const off = new AbortController();
  const called = job(() => true, off.signal)(taskAt("narrow.example"), report);
  off.abort(new Error("cancelled"));
  await expect(called).rejects.toThrow("cancelled");
  endAll();
  await first;
  const next = job()(taskAt("narrow.example"), report);
  await expect.poll(() => begun).toHaveLength(2);
  endAll();
  await next;
});
