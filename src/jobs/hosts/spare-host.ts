/** Keeps to what `REGISTRIES` says a host can bear: requests per second, and carriers at once over all jobs. */
import { untilAborted } from "../../net/abort.ts";
import type { Effects } from "../../net/effects.ts";
import { whileRepeating } from "../../net/repeat-until.ts";
import type { RegistriesConfig, RegistrySettings } from "../../registry/settings.ts";
import { SLOT_MS } from "./host-limits.ts";
import type { HostLink } from "./host-link.ts";

/** Effects whose requests leave no faster than the host's `requestsPerSecond`; the same effects where none is set. */
export function paced(effects: Effects, settings: RegistrySettings | undefined, host: () => HostLink): Effects {
  const perSecond = settings?.requestsPerSecond;
  if (perSecond === undefined) {
    return effects;
  }
  return {
    ...effects,
    fetch: async (url, init) => {
      const wait = await host().wait(perSecond);
      if (wait > 0) {
        await effects.sleep(wait, init.signal ?? undefined);
      }
      return effects.fetch(url, init);
    },
  };
}

/**
 * Runs `work` while holding a slot at every host that has a `concurrency`.
 *
 * Slots are taken in the order of the hosts' names, so that two holders never wait for each other, and kept alive meanwhile. Gives `stopped`
 * where the slice's time ended before the slots were there. Rejects with the signal's reason when that is aborted before.
 */
export type HoldSlots = <T>(
  hosts: readonly string[],
  signal: AbortSignal,
  hasTime: () => boolean,
  work: () => Promise<T>,
) => Promise<T | "stopped">;

/** Slots at the hosts that `registries` gives a `concurrency`. */
export function slotsOf(registries: RegistriesConfig, hostOf: (registry: string) => HostLink, effects: Effects): HoldSlots {
  return async (hosts, signal, hasTime, work) => {
    const limited = [...new Set(hosts)].sort().flatMap((host): LimitedHost[] => {
      const limit = registries[host]?.concurrency;
      return limit === undefined ? [] : [{ link: () => hostOf(host), limit }];
    });
    return await withSlots(limited, { holder: String(effects.random()), signal, hasTime, effects }, work);
  };
}

/** A host that takes only so many carriers at once. */
interface LimitedHost {
  /** A stub that failed once keeps failing: each call takes a new one. */
  link: () => HostLink;
  limit: number;
}

/** Who wants slots, and until when. */
interface Claim {
  holder: string;
  signal: AbortSignal;
  hasTime: () => boolean;
  effects: Effects;
}

/** Runs `work` with a slot at each of the hosts, taken in this order; see {@link HoldSlots}. */
async function withSlots<T>([host, ...others]: readonly LimitedHost[], claim: Claim, work: () => Promise<T>): Promise<T | "stopped"> {
  if (host === undefined) {
    return await work();
  }
  if (!(await takeSlot(host, claim))) {
    return "stopped";
  }
  const { link, limit } = host;
  const { holder, effects } = claim;
  const renew = () => link().takeSlot(holder, limit);
  try {
    // Where the host's object can't be reached the slot runs out, and one carrier more than asked for may run.
    return await whileRepeating(SLOT_MS / 3, effects, renew, () => withSlots(others, claim, work));
  } finally {
    await giveBack(link, holder);
  }
}

/** Waits until the holder has a slot; `false` where the slice's time ended before. Rejects with the signal's reason, and with what the host's object does. */
async function takeSlot({ link, limit }: LimitedHost, { holder, signal, hasTime }: Claim): Promise<boolean> {
  do {
    const taking = link().takeSlot(holder, limit);
    try {
      if (await untilAborted(signal, taking)) {
        return true;
      }
    } catch (error) {
      // The answer may still be that there is one.
      void taking.then(() => giveBack(link, holder)).catch(() => {});
      throw error;
    }
  } while (hasTime());
  return false;
}

/** Best effort: a slot that is not given back runs out. */
async function giveBack(link: () => HostLink, holder: string): Promise<void> {
  await link()
    .giveBackSlot(holder)
    .catch(() => {});
}
