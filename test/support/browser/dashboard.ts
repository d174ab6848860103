/** The dashboard as a person meets it: the Worker as a user runs it, registries behind names of their own, and a browser. */
import { createRequire } from "node:module";
import type { BrowserContextOptions } from "playwright-core";
import type { FakeRegistry } from "../registry/fake-registry.ts";
import { startRegistry } from "../registry/server.ts";
import { ServiceClient } from "../service-client.ts";
import { type RunningWorker, startWorker } from "../workerd.ts";
import { type Browser, startBrowser } from "./chromium.ts";

/** Names of the two registries, as they stand in references. */
export const HUB = "docker.io";
export const MIRROR = "registry.example.com";

export interface Dashboard {
  /** The registry behind {@link HUB}. */
  hub: FakeRegistry;
  /** The registry behind {@link MIRROR}. */
  mirror: FakeRegistry;
  worker: RunningWorker;
  service: ServiceClient;
  stop(): Promise<void>;
}

/** Starts both registries and the Worker, with these variables besides what leads to the registries. */
export async function startDashboard(vars: Readonly<Record<string, unknown>>, token?: string): Promise<Dashboard> {
  const [hub, mirror] = await Promise.all([startRegistry(), startRegistry()]);
  const at = ({ url }: FakeRegistry) => ({ endpoint: url, http: true, private: true });
  const closeRegistries = () => Promise.all([hub.close(), mirror.close()]);
  try {
    const worker = await startWorker({ vars: { REGISTRIES: { [HUB]: at(hub), [MIRROR]: at(mirror) }, ...vars } });
    return {
      hub,
      mirror,
      worker,
      service: new ServiceClient(worker.url, token),
      stop: async () => {
        await worker.stop();
        await closeRegistries();
      },
    };
  } catch (error) {
    await closeRegistries();
    throw error;
  }
}

const require = createRequire(import.meta.url);

/** What axe-core finds wrong, in a few words each. */
export type Audit = () => Promise<string[]>;

interface AxeResult {
  violations: { id: string; nodes: { target: unknown[]; failureSummary?: string }[] }[];
}

/** Starts a browser whose pages can be audited. axe comes past the page's policy, which lets no script in but its own. */
export async function startAuditedBrowser(options: BrowserContextOptions = {}): Promise<Browser & { audit: Audit }> {
  const browser = await startBrowser(options);
  await browser.context.addInitScript({ path: require.resolve("axe-core/axe.min.js") });
  const audit = async (): Promise<string[]> => {
    const { violations } = (await browser.page.evaluate(() =>
      (globalThis as unknown as { axe: { run(): unknown } }).axe.run(),
    )) as AxeResult;
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary}`),
    );
  };
  return { ...browser, audit };
}
