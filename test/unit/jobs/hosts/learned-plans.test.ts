import { describe, expect, it } from "vitest";
import type { HostLink, LearnedPlan } from "../../../../src/jobs/hosts/host-link.ts";
import { HEARD_MS, LEARNED_MS, LearnedPlans } from "../../../../src/jobs/hosts/learned-plans.ts";
import type { UploadPlan } from "../../../../src/registry/profiles.ts";

const WHOLE: UploadPlan = { way: "monolithic", chunkSize: 64 };
const CHUNKS: UploadPlan = { way: "chunked", chunkSize: 8 };
const HOST = "registry.test";

/** A host's object, and an isolate's way to it. */
class Host {
  stored: LearnedPlan | null = null;
  asked = 0;
  broken = false;
  now = 0;

  readonly link = {
    learnedPlan: async () => {
      this.asked++;
      if (this.broken) {
        throw new Error("the object can't be reached");
      }
      return this.stored;
    },
    learnPlan: async (learned: LearnedPlan) => {
      if (this.broken) {
        throw new Error("the object can't be reached");
      }
      this.stored = learned;
    },
  } as HostLink;

  memory(plans: LearnedPlans, profile = WHOLE) {
    return plans.memoryOf(
      HOST,
      profile,
      () => this.link,
      () => this.now,
    );
  }
}

describe("what a registry has insisted on", () => {
  it("is known to this isolate at once, and to another one after a call", async () => {
    const host = new Host();
    const here = new LearnedPlans();
    await host.memory(here).learn(CHUNKS);
    expect(await host.memory(here).recall()).toEqual(CHUNKS);
    expect(host.asked).toBe(0);
    expect(await host.memory(new LearnedPlans()).recall()).toEqual(CHUNKS);
    expect(host.asked).toBe(1);
  });

  it.each([[null], [{ profile: WHOLE, plan: CHUNKS, until: Number.POSITIVE_INFINITY }]])(
    "is asked for once in a while, not for every blob: %j",
    async (stored) => {
      const host = new Host();
      host.stored = stored;
      const plans = new LearnedPlans();
      for (let blob = 0; blob < 20; blob++) {
        expect(await host.memory(plans).recall()).toEqual(stored?.plan);
      }
      expect(host.asked).toBe(1);
      host.now = HEARD_MS;
      await host.memory(plans).recall();
      expect(host.asked).toBe(2);
    },
  );

  it("is forgotten in time, so that the profile is tried again", async () => {
    const host = new Host();
    const plans = new LearnedPlans();
    await host.memory(plans).learn(CHUNKS);
    host.now = LEARNED_MS - 1;
    expect(await host.memory(plans).recall()).toEqual(CHUNKS);
    host.now = LEARNED_MS;
    expect(await host.memory(plans).recall()).toBeUndefined();
  });

  it("does not count against another setting", async () => {
    const host = new Host();
    const plans = new LearnedPlans();
    await host.memory(plans).learn(CHUNKS);
    expect(await host.memory(plans, { way: "monolithic", chunkSize: 32 }).recall()).toBeUndefined();
  });

  it("is no reason to fail where the host's object can't be reached", async () => {
    const host = new Host();
    host.broken = true;
    const plans = new LearnedPlans();
    expect(await host.memory(plans).recall()).toBeUndefined();
    await host.memory(plans).learn(CHUNKS);
    expect(await host.memory(plans).recall()).toEqual(CHUNKS);
  });

  it("is not overwritten by an older answer that comes late", async () => {
    const host = new Host();
    const plans = new LearnedPlans();
    const late = host.memory(plans).recall();
    await host.memory(plans).learn(CHUNKS);
    expect(await late).toEqual(CHUNKS);
  });
});
