/** A Worker of its own for the tests of a file, between registries on this machine. */
import { ServiceClient } from "./service-client.ts";
import { startWorker } from "./workerd.ts";

/** Starts a Worker that may speak to these registries, and gives a client of it. What ends it is added to `ended`. */
export async function openService(
  registries: readonly { readonly host: string }[],
  ended: (() => Promise<unknown>)[],
): Promise<ServiceClient> {
  const settings = Object.fromEntries(registries.map(({ host }) => [host, { http: true, private: true }]));
  const worker = await startWorker({ vars: { ALLOW_ANONYMOUS: "true", REGISTRIES: settings } });
  ended.push(() => worker.stop());
  return new ServiceClient(worker.url);
}

/** Ends what a file's tests began, the last of it first. */
export async function endAll(ended: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const end of ended.toReversed()) {
    await end();
  }
}
