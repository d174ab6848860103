/** Slots at hosts that bear few carriers, over an object that answers when the test says so. */
import { expect, test, vi } from "vitest";
import { Slots } from "../../../../src/jobs/hosts/host-limits.ts";
import type { HostLink } from "../../../../src/jobs/hosts/host-link.ts";
import { slotsOf } from "../../../../src/jobs/hosts/spare-host.ts";
import { stillEffects } from "../../registry/scripted-transport.ts";

test("a renewal that is still under way at the end does not take the slot again", async () => {
  const held = new Slots();
  const arrives = Promise.withResolvers<void>();
  const renewal = Promise.withResolvers<void>();
  let asked = 0;
  const link = {
    takeSlot: async (holder: string, limit: number) => {
      if (++asked > 1) {
        arrives.resolve();
        await renewal.promise;
      }
      return held.take(holder, limit, 0);
    },
    giveBackSlot: async (holder: string) => held.giveBack(holder),
  } as unknown as HostLink;
  const pause = Promise.withResolvers<void>();
  const effects = { ...stillEffects(), sleep: vi.fn(stillEffects().sleep).mockReturnValueOnce(pause.promise) };
  const slots = slotsOf({ "narrow.example": { concurrency: 1 } }, () => link, effects);
  const all = slots(
    ["narrow.example"],
    new AbortController().signal,
    () => true,
    async () => {
      pause.resolve();
      await arrives.promise;
      return "done";
    },
  );
  await arrives.promise;
  // Behind everything that could give the slot back before it is taken again.
  setImmediate(renewal.resolve);
  expect(await all).toBe("done");
  await renewal.promise;
  await new Promise(setImmediate);
  expect(held.take("another", 1, 0)).toBe(true);
});
