/** The Worker's variables in the tests inside workerd. */
import { type HookPeers, hookRegistries, hookVariables } from "./hook-peers.ts";
import type { RegistryHosts } from "./registry/remote.ts";

/** The user that the Worker logs in with wherever it is asked to. A colon in a password is legal, and often forgotten. */
export const USER = "ship";
export const PASSWORD = "fleet:7";

/** A registry that the Worker may reach, and that is not there: nothing listens on this port. */
export const NOBODY = "127.0.0.1:1";

/** How long the Worker's jobs go on trying a registry that is out of order. */
const PATIENCE_SECONDS = 2;

/** How long a registry may be silent. Longer than any test holds one up that is not about that. */
const STALL_SECONDS = 2;

/** Another name of a registry, under which it may send the Worker to any token server. */
export function openName(host: string): string {
  return `open-${host.split(":")[1]}.example.com`;
}

/** Another name of a registry, for which the Worker has no login. */
export function guestName(host: string): string {
  return `guest-${host.split(":")[1]}.example.com`;
}

/** Repositories below this path have a login of their own at every registry, though it is of the same user. */
export const APART = "apart";

/** Configures the Worker for these registries: plain HTTP at a private address, one user at all of them; `profiles` are registries of a kind. */
export function workerVariables(
  registries: readonly RegistryHosts[],
  profiles: Readonly<Record<string, RegistryHosts>>,
  hookPeers: HookPeers,
): Record<string, string> {
  const permit = { http: true, private: true };
  const settings = registries.flatMap(({ host, tokenHost, storageHost }) => [
    [host, { ...permit, realms: [tokenHost] }],
    [storageHost, permit],
    [openName(host), { ...permit, endpoint: `http://${host}` }],
    [guestName(host), { ...permit, endpoint: `http://${host}` }],
  ]);
  const ofKind = Object.entries(profiles).flatMap(([profile, { host, tokenHost, storageHost }]) => [
    [host, { ...permit, profile, realms: [tokenHost] }],
    [storageHost, permit],
  ]);
  const hosts = [...registries, ...Object.values(profiles)].map(({ host }) => host);
  const others = registries.flatMap(({ host }) => [openName(host), `${host}/${APART}`]);
  const auth = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");
  return {
    ALLOW_ANONYMOUS: "true",
    LOG_LEVEL: "off",
    PATIENCE_SECONDS: String(PATIENCE_SECONDS),
    STALL_SECONDS: String(STALL_SECONDS),
    REGISTRIES: JSON.stringify(Object.fromEntries([...settings, ...ofKind, [NOBODY, permit], ...hookRegistries(hookPeers)])),
    ...hookVariables(hookPeers),
    REGISTRY_AUTH: JSON.stringify({
      auths: Object.fromEntries([...hosts, ...others].map((name) => [name, { auth }])),
    }),
  };
}
