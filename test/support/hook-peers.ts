/** What webhooks need around them in the tests inside workerd: the registry that all senders speak of, the one that images go to, Google's keys, and the hooks themselves. */
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { HOOK_SAMPLES } from "./hook-samples/all.ts";
import { GAR_SAMPLES } from "./hook-samples/clouds.ts";
import { GAR_RULES, hookName } from "./hook-samples/names.ts";
import type { RegistryHosts } from "./registry/remote.ts";
import { startRegistry } from "./registry/server.ts";

export interface HookPeers {
  /** Where every host in a sample leads. */
  source: RegistryHosts;
  destination: RegistryHosts;
  /** Address of the keys that {@link privateKey} belongs to. */
  jwks: string;
  /** An RSA key, as a JWK. */
  privateKey: object;
}

export async function startHookPeers(): Promise<HookPeers & { close(): Promise<void> }> {
  const [source, destination] = await Promise.all([startRegistry(), startRegistry()]);
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "k1", alg: "RS256", use: "sig" };
  const keys = createServer((_request, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => keys.listen(0, "127.0.0.1", resolve));
  const hosts = ({ host, tokenHost, storageHost }: RegistryHosts): RegistryHosts => ({ host, tokenHost, storageHost });
  return {
    source: hosts(source),
    destination: hosts(destination),
    jwks: `http://127.0.0.1:${(keys.address() as AddressInfo).port}/certs`,
    privateKey: privateKey.export({ format: "jwk" }),
    close: async () => {
      keys.close();
      await Promise.all([source.close(), destination.close()]);
    },
  };
}

/** The secret of every hook. */
const HOOK_SECRET = "It's a Secret to Everybody";

/** The hooks, one for each sample and under its name; each copies whatever is pushed to `mirror/` at the destination. */
export function hookVariables({ destination, jwks }: HookPeers): { HOOKS: string; HOOK_SECRET: string } {
  const copy = [{ from: "**", to: `${destination.host}/mirror/{repository}:{tag}` }];
  const hooks = HOOK_SAMPLES.map((sample) => [hookName(sample), { ...sample.settings, secret: "HOOK_SECRET", copy }]);
  const google = GAR_SAMPLES.map((sample) => [hookName(sample), { ...sample.settings, ...GAR_RULES, jwks, copy }]);
  return { HOOKS: JSON.stringify(Object.fromEntries([...hooks, ...google])), HOOK_SECRET };
}

/** What the Worker has to know of the registries: the hosts of all samples lead to one. */
export function hookRegistries({ source, destination }: HookPeers): [string, object][] {
  const permit = { http: true, private: true };
  const senders = new Set([...HOOK_SAMPLES, ...GAR_SAMPLES].map(({ host }) => host));
  return [
    [destination.host, permit],
    ...[...senders].map((host): [string, object] => [host, { ...permit, endpoint: `http://${source.host}` }]),
  ];
}
