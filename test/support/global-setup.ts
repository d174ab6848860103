/** Before the tests inside workerd: the fake registries that they talk to, in this Node process. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { PLAYERS } from "../quirks/players.ts";
import { type HookPeers, startHookPeers } from "./hook-peers.ts";
import { startFarm } from "./registry/farm.ts";
import type { RegistryHosts } from "./registry/remote.ts";
import { startTrap, type TrapAddress } from "./trap.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Address of the farm: `claimRegistry(inject("farm"), …)`. */
    farm: string;
    /** Every registry of the farm. */
    registries: RegistryHosts[];
    /** What webhooks need. */
    hookPeers: HookPeers;
    /** For each profile a registry that the Worker knows to be of that kind; for the one file that is about them. */
    profiles: Record<string, RegistryHosts>;
    /** The README, by lines. */
    readme: string[];
    /** Where nobody may connect to. */
    trap: TrapAddress;
  }
}

/**
 * A test that finds none free waits, and one that has its first and waits for its second must not wait for others alike: more than the tests of
 * as many files as run side by side, five of each at a time.
 */
const REGISTRIES = 24;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const names = Object.keys(PLAYERS);
  const farm = await startFarm(REGISTRIES, names.length);
  project.provide("farm", farm.url);
  project.provide("registries", farm.registries);
  project.provide("profiles", Object.fromEntries(names.map((name, index) => [name, farm.others[index] as RegistryHosts])));
  project.provide("readme", (await readFile(join(import.meta.dirname, "../../README.md"), "utf8")).split("\n"));
  const { close, ...hookPeers } = await startHookPeers();
  project.provide("hookPeers", hookPeers);
  const { close: closeTrap, ...trap } = await startTrap();
  project.provide("trap", trap);
  return async () => {
    await Promise.all([farm.close(), close(), closeTrap()]);
  };
}
