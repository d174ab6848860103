/** Takes registries from the farm, for tests inside workerd. */
import type { RegistryOptions } from "./fake-registry.ts";
import { type RegistryHosts, RemoteRegistry } from "./remote.ts";

/** Takes an empty registry with these options; nobody else has it until it is released. `farm` is the farm's address. */
export async function claimRegistry(farm: string, options: RegistryOptions = {}): Promise<RemoteRegistry> {
  const response = await fetch(`${farm}/claim`, { method: "POST", body: JSON.stringify(options) });
  return new RemoteRegistry((await response.json()) as RegistryHosts);
}

/** Gives a registry back. */
export async function releaseRegistry(farm: string, registry: RemoteRegistry): Promise<void> {
  const response = await fetch(`${farm}/release`, { method: "POST", body: JSON.stringify(registry.host) });
  await response.text();
}
