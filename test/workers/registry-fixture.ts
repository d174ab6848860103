/** A repository of the registry client, at a fake registry on a real socket. */
import { inject } from "vitest";
import { type Placement, placeBlob } from "../../src/copy/place-blob.ts";
import type { Effects } from "../../src/net/effects.ts";
import { DEFAULT_RETRY_POLICY } from "../../src/net/retry-policy.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { endpointFor } from "../../src/registry/endpoint.ts";
import { uploadPlanFor } from "../../src/registry/profile.ts";
import type { UploadPlan } from "../../src/registry/profiles.ts";
import { Repository } from "../../src/registry/repository.ts";
import type { RegistrySettings } from "../../src/registry/settings.ts";
import { TokenCache } from "../../src/registry/token-cache.ts";
import { createTransport } from "../../src/registry/transport.ts";
import { blobOf, MemorySource, seededBytes } from "../support/memory-source.ts";
import { realSleep } from "../support/quick-effects.ts";
import { claimRegistry, releaseRegistry } from "../support/registry/claim.ts";
import type { RegistryOptions } from "../support/registry/fake-registry.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

/** Real time and network; back-offs are over at once. */
const effects: Effects = { fetch: (url, init) => fetch(url, init), now: () => Date.now(), random: () => 0, sleep: realSleep };

export class Client {
  readonly registry: RemoteRegistry;
  readonly repository: Repository;
  /** Plans that the registry has led to. */
  readonly plans: UploadPlan[] = [];
  readonly #tokens = new TokenCache();
  readonly #settings: RegistrySettings;

  constructor(registry: RemoteRegistry, settings: RegistrySettings = {}, as: "source" | "target" = "target") {
    this.registry = registry;
    this.#settings = settings;
    this.repository = this.open("acme/app", as);
  }

  open(repository: string, as: "source" | "target"): Repository {
    const settings = { http: true, private: true, ...this.#settings };
    const { host } = this.registry;
    return new Repository({
      transport: createTransport({
        endpoint: endpointFor(host, settings, as === "source" ? "source" : "destination"),
        effects,
        permits: () => ({ http: true, private: true }),
        tokens: this.#tokens,
      }),
      repository,
      as,
      plan: uploadPlanFor(host, settings),
      effects,
      planMemory: { recall: async () => undefined, learn: async (plan) => void this.plans.push(plan) },
    });
  }

  /** Uploads bytes the way a copy does, with all its ways to go on. */
  async place(content: Uint8Array<ArrayBuffer>, blob: Descriptor = blobOf(content), mountFrom?: string): Promise<Placement> {
    return await placeBlob(blob, new MemorySource(content), this.repository, {
      effects,
      retry: DEFAULT_RETRY_POLICY,
      signal: new AbortController().signal,
      leave: () => {},
      ...(mountFrom !== undefined && { mountFrom }),
    });
  }

  /** What was asked of the registry's uploads: `POST 202`, `PATCH 202`, … */
  async uploadRequests(): Promise<string[]> {
    const requests = await this.registry.requests({ path: "upload" });
    return requests.map(({ method, status }) => `${method} ${status}`);
  }
}

/** Runs `use` with an empty registry of these quirks. */
export async function withRegistry(options: RegistryOptions, use: (registry: RemoteRegistry) => Promise<void>): Promise<void> {
  const registry = await claimRegistry(inject("farm"), options);
  try {
    await use(registry);
  } finally {
    await releaseRegistry(inject("farm"), registry);
  }
}

/** Content of five reads and a bit, different for each seed. */
export function layer(seed: number): Uint8Array<ArrayBuffer> {
  return seededBytes(5 * 1024 * 1024 + 77, seed);
}

export function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && blobOf(a).digest === blobOf(b).digest;
}
