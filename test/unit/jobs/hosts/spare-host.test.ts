/** What hosts are spared that bear few carriers or few requests, over an object that answers when the test says so. */
import { describe, expect, test, vi } from "vitest";
import { Slots } from "../../../../src/jobs/hosts/host-limits.ts";
import type { HostLink } from "../../../../src/jobs/hosts/host-link.ts";
import { paced, slotsOf } from "../../../../src/jobs/hosts/spare-host.ts";
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

test("slots are taken at every host that has a limit, in the order of their names, and given back", async () => {
  const told: string[] = [];
  const hostOf = (registry: string) =>
    ({
      takeSlot: async (_: string, limit: number) => {
        told.push(`take ${registry}, of ${limit}`);
        return true;
      },
      giveBackSlot: async () => void told.push(`give back ${registry}`),
    }) as unknown as HostLink;
  const slots = slotsOf({ "b.example": { concurrency: 2 }, "a.example": { concurrency: 1 }, "c.example": {} }, hostOf, stillEffects());
  const work = async () => {
    told.push("work");
    throw new Error("in vain");
  };
  const hosts = ["c.example", "b.example", "a.example", "b.example", "d.example"];
  await expect(slots(hosts, new AbortController().signal, () => true, work)).rejects.toThrow("in vain");
  expect(told).toEqual([...["take a.example, of 1", "take b.example, of 2", "work"], ...["give back b.example", "give back a.example"]]);
});

describe("requests to a host", () => {
  const URL_TEXT = "https://narrow.example/v2/";

  /** Effects that tell what they do, and a host whose line is so long. */
  function line(wait: number) {
    const told: string[] = [];
    const effects = {
      ...stillEffects(),
      sleep: async (ms: number, signal?: AbortSignal) => {
        signal?.throwIfAborted();
        told.push(`sleep ${ms}`);
      },
      fetch: async (url: string) => {
        told.push(`fetch ${url}`);
        return new Response();
      },
    };
    const host = () =>
      ({
        wait: async (perSecond: number) => {
          told.push(`${perSecond} a second`);
          return wait;
        },
      }) as unknown as HostLink;
    return { told, effects, host };
  }

  test.each([
    [0, []],
    [250, ["sleep 250"]],
  ])("leave when it is their turn, in %i ms", async (wait, slept) => {
    const { told, effects, host } = line(wait);
    await paced(effects, { requestsPerSecond: 4 }, host).fetch(URL_TEXT, {});
    expect(told).toEqual(["4 a second", ...slept, `fetch ${URL_TEXT}`]);
  });

  test("that nobody waits for any more do not leave", async () => {
    const { told, effects, host } = line(250);
    const signal = AbortSignal.abort(new Error("cancelled"));
    await expect(paced(effects, { requestsPerSecond: 4 }, host).fetch(URL_TEXT, { signal })).rejects.toThrow("cancelled");
    expect(told).toEqual(["4 a second"]);
  });

  test("without a limit ask nobody", () => {
    const { effects, host } = line(250);
    expect(paced(effects, {}, host)).toBe(effects);
  });
});
