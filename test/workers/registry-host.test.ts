/** The object of a registry host, as jobs of all processes know it. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.restoreAllMocks();
});

let hosts = 0;
const freshHost = () => env.REGISTRY_HOSTS.getByName(`host-${++hosts}.example`);

const inHours = (hours: number, reason: string) => ({ until: Date.now() + hours * 3_600_000, reason });

test("of two pauses the longer one stands, also once the object has been away", async () => {
  const host = freshHost();
  const [short, long, longer] = [inHours(1, "short"), inHours(2, "long"), inHours(3, "longer")];
  await host.pause(long);
  await host.pause(short);
  await evictDurableObject(host);
  expect(await host.paused()).toEqual({ all: long, quota: null });
  await host.pause(longer);
  expect(await host.paused()).toEqual({ all: longer, quota: null });
});

test("a pause of the quota is not drawn out while it is kept, and the next is noted once it is over", async () => {
  const host = freshHost();
  const [first, second] = [inHours(1, "first"), inHours(2, "second")];
  await host.spare(inHours(-1, "over"));
  await host.spare(first);
  await host.spare(second);
  expect(await host.paused()).toEqual({ all: null, quota: first });
});

test("a pause that is over is none", async () => {
  const host = freshHost();
  await host.pause(inHours(-1, "over"));
  expect(await host.paused()).toEqual({ all: null, quota: null });
});

test("a slot that does not become free within a second is not had", async () => {
  await runInDurableObject(freshHost(), async (host) => {
    expect(await host.takeSlot("one", 1)).toBe(true);
    const now = Date.now();
    vi.spyOn(Date, "now")
      .mockReturnValueOnce(now)
      .mockReturnValue(now + 1_000);
    expect(await host.takeSlot("two", 1)).toBe(false);
    await host.giveBackSlot("one");
    expect(await host.takeSlot("two", 1)).toBe(true);
  });
});
