/** A registry for the demo: a real one where the machine has it, else the strict one that the tests use. */
import { dockerRegistryBinary, startDockerRegistry } from "../../test/support/docker-registry.ts";
import { startRegistry } from "../../test/support/registry/server.ts";

/** A running registry. */
export interface DemoRegistry {
  /** Host and port, as they stand in references. */
  host: string;
  url: string;
  /** What it is, in a few words. */
  kind: string;
  stop(): Promise<void>;
}

/** Starts a registry on a loopback port of its own, open to everybody on this machine. */
export async function startDemoRegistry(): Promise<DemoRegistry> {
  const binary = dockerRegistryBinary();
  if (binary !== undefined) {
    const { host, url, stop } = await startDockerRegistry();
    return { host, url, kind: binary, stop };
  }
  const registry = await startRegistry();
  return { host: registry.host, url: registry.url, kind: "in memory, as in the tests", stop: () => registry.close() };
}
