import { describe, expect, it } from "vitest";
import { Pace, SLOT_MS, Slots } from "../../../../src/jobs/hosts/host-limits.ts";

describe("slots of a host", () => {
  it("are as many as the limit, and free again when given back or forgotten", () => {
    const slots = new Slots();
    expect([slots.take("a", 2, 0), slots.take("b", 2, 0), slots.take("c", 2, 0), slots.take("a", 2, 0)]).toEqual([true, true, false, true]);
    slots.giveBack("a");
    expect(slots.take("c", 2, 1)).toBe(true);
    expect(slots.take("d", 2, SLOT_MS)).toBe(true);
    expect(slots.take("e", 2, SLOT_MS)).toBe(false);
  });

  it("are kept by asking again, and free once nobody does", () => {
    const slots = new Slots();
    slots.take("a", 1, 0);
    slots.take("a", 1, SLOT_MS - 1);
    expect([slots.take("b", 1, SLOT_MS), slots.take("b", 1, 2 * SLOT_MS - 1)]).toEqual([false, true]);
  });
});

describe("the pace of a host", () => {
  it("spaces requests and owes nothing for idle time", () => {
    const pace = new Pace();
    expect([pace.wait(10, 0), pace.wait(10, 0), pace.wait(10, 50)]).toEqual([0, 100, 150]);
    expect([pace.wait(10, 10_000), pace.wait(10, 10_000)]).toEqual([0, 100]);
  });

  it("stands where it stood when the clock goes back", () => {
    const pace = new Pace();
    expect([pace.wait(10, 10_000), pace.wait(10, 10_000)]).toEqual([0, 100]);
    expect([pace.wait(10, 4_000), pace.wait(10, 4_000), pace.wait(10, 5_000)]).toEqual([200, 300, 0]);
  });
});
