/**
 * A handful of fake registries that tests inside workerd take and give back. Their ports are known before the Worker
 * starts, so its configuration can name them; what each of them is, a test says when it takes one.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { FakeRegistry, RegistryOptions } from "./fake-registry.ts";
import type { RegistryHosts } from "./remote.ts";
import { startRegistry } from "./server.ts";

export interface Farm {
  /** Where `claim.ts` asks. */
  url: string;
  /** Every registry of the farm. */
  registries: RegistryHosts[];
  /** Registries that are not handed out: whoever knows one uses it. */
  others: RegistryHosts[];
  close(): Promise<void>;
}

/** Starts `count` registries and a server that hands them out, and as many `others`. */
export async function startFarm(count: number, others = 0): Promise<Farm> {
  const started = await Promise.all(Array.from({ length: count + others }, () => startRegistry()));
  const all = started.slice(0, count);
  const free = [...all];
  const waiting: ((registry: FakeRegistry) => void)[] = [];

  async function claim(options: RegistryOptions): Promise<RegistryHosts> {
    const registry = free.shift() ?? (await new Promise<FakeRegistry>((resolve) => waiting.push(resolve)));
    await registry.reset(options);
    return hostsOf(registry);
  }

  function giveBack(host: string): void {
    const registry = all.find((one) => one.host === host);
    if (registry !== undefined && !free.includes(registry)) {
      const next = waiting.shift();
      if (next === undefined) {
        free.push(registry);
      } else {
        next(registry);
      }
    }
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (request.url === "/claim") {
      response.end(JSON.stringify(await claim(body as RegistryOptions)));
    } else {
      giveBack(body as string);
      response.end("null");
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    registries: all.map(hostsOf),
    others: started.slice(count).map(hostsOf),
    async close() {
      server.close();
      server.closeAllConnections();
      await Promise.all(started.map((registry) => registry.close()));
    },
  };
}

function hostsOf({ host, tokenHost, storageHost }: FakeRegistry): RegistryHosts {
  return { host, tokenHost, storageHost };
}
