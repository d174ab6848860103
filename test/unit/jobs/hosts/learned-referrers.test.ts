import { describe, expect, it } from "vitest";
import type { HostLink, LearnedReferrers } from "../../../../src/jobs/hosts/host-link.ts";
import { learnedReferrers } from "../../../../src/jobs/hosts/learned-referrers.ts";
import { REMEMBER_MS, ReferrersSupport } from "../../../../src/registry/referrers-support.ts";

const HOST = "registry.test";

/** A host's object, and an isolate's way to it. */
class Host {
  stored: LearnedReferrers | null = null;
  calls = 0;
  broken = false;
  now = 0;

  readonly link = {
    learnedReferrers: async () => {
      this.#called();
      return this.stored;
    },
    learnReferrers: async (learned: LearnedReferrers) => {
      this.#called();
      this.stored = learned;
    },
  } as HostLink;

  memory(isolate: ReferrersSupport) {
    return learnedReferrers(
      isolate,
      HOST,
      () => this.link,
      () => this.now,
    );
  }

  #called(): void {
    this.calls++;
    if (this.broken) {
      throw new Error("the object can't be reached");
    }
  }
}

describe("whether a registry has the referrers API", () => {
  it.each([true, false])("is known to this isolate at once, and to another one after a call: %s", async (supported) => {
    const host = new Host();
    const here = new ReferrersSupport();
    await host.memory(here).learn(supported);
    expect([await host.memory(here).recall(), host.calls]).toEqual([supported, 1]);
    const there = new ReferrersSupport();
    expect([await host.memory(there).recall(), await host.memory(there).recall(), host.calls]).toEqual([supported, supported, 2]);
  });

  it("is told to the host's object when it is new, not with every answer", async () => {
    const host = new Host();
    const memory = host.memory(new ReferrersSupport());
    for (const supported of [true, true, true, false, false]) {
      await memory.learn(supported);
    }
    expect([host.stored?.supported, host.calls]).toEqual([false, 2]);
  });

  it("is asked of the host's object once, however many wait for it", async () => {
    const host = new Host();
    const memory = host.memory(new ReferrersSupport());
    expect(await Promise.all([memory.recall(), memory.recall(), memory.recall()])).toEqual(Array(3).fill(undefined));
    expect([await memory.recall(), host.calls]).toEqual([undefined, 1]);
  });

  it("is forgotten by all an hour after the answer, whenever they heard of it", async () => {
    const host = new Host();
    await host.memory(new ReferrersSupport()).learn(false);
    const late = new ReferrersSupport();
    host.now = REMEMBER_MS - 1;
    expect(await host.memory(late).recall()).toBe(false);
    host.now = REMEMBER_MS;
    expect(await host.memory(late).recall()).toBeUndefined();
  });

  it("is found out by each isolate where the object can't be reached", async () => {
    const host = new Host();
    host.broken = true;
    const memory = host.memory(new ReferrersSupport());
    expect(await memory.recall()).toBeUndefined();
    await memory.learn(true);
    expect(await memory.recall()).toBe(true);
  });
});
