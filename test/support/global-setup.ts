/** Before the tests inside workerd: the fake registries that they talk to, in this Node process. */
import type { TestProject } from "vitest/node";
import { startFarm } from "./registry/farm.ts";
import type { RegistryHosts } from "./registry/remote.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Address of the farm: `claimRegistry(inject("farm"), …)`. */
    farm: string;
    /** Every registry of the farm. */
    registries: RegistryHosts[];
  }
}

/** More than any two test files hold at once; a test that finds none free waits. */
const REGISTRIES = 12;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const farm = await startFarm(REGISTRIES);
  project.provide("farm", farm.url);
  project.provide("registries", farm.registries);
  return () => farm.close();
}
