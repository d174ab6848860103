/** A repository of the registry client, at a fake registry on a real socket. */
import { inject } from "vitest";
import type { Placement } from "../../src/copy/place-blob.ts";
import type { Permits } from "../../src/net/address.ts";
import type { Effects } from "../../src/net/effects.ts";
import { DEFAULT_RETRY_POLICY } from "../../src/net/retry-policy.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { CopyError } from "../../src/oci/errors.ts";
import { OCI_MANIFEST } from "../../src/oci/media-types.ts";
import type { BlobSource, ManifestContent } from "../../src/oci/store.ts";
import type { Credentials } from "../../src/registry/credentials.ts";
import { RepositoryDirectory } from "../../src/registry/directory.ts";
import { endpointFor } from "../../src/registry/endpoint.ts";
import type { UploadPlan } from "../../src/registry/profiles.ts";
import { ReferrersSupport } from "../../src/registry/referrers-support.ts";
import { Repository } from "../../src/registry/repository.ts";
import type { Transport } from "../../src/registry/request.ts";
import type { RegistrySettings } from "../../src/registry/settings.ts";
import { TokenCache } from "../../src/registry/token-cache.ts";
import type { SharedTokens } from "../../src/registry/token-source.ts";
import { createTransport } from "../../src/registry/transport.ts";
import { uploadPlanFor } from "../../src/registry/upload-plan.ts";
import { afterBySleep } from "../support/after-by-sleep.ts";
import { blobOf, MemorySource, seededBytes } from "../support/memory-source.ts";
import { placeBlob } from "../support/place-blob.ts";
import { realSleep } from "../support/quick-effects.ts";
import { referrersMemory } from "../support/referrers-memory.ts";
import type { AuthOptions } from "../support/registry/auth.ts";
import { claimRegistry, releaseRegistry } from "../support/registry/claim.ts";
import type { RegistryOptions } from "../support/registry/fake-registry.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

export interface ClientOptions {
  /** Of the registry, beside `http` and `private`. With `http: false` it is an HTTPS one to the client. */
  settings?: RegistrySettings;
  /** @default "target" */
  as?: "source" | "target";
  /** @default none */
  credentials?: Omit<Credentials, "id"> & { id?: string };
  /** @default everything is allowed */
  permits?: Permits;
  /** Hosts that may be asked for tokens; `any`: every public one. @default the registry's token service and storage */
  realms?: readonly string[] | "any";
  /** @default its own, empty */
  tokens?: TokenCache;
  /** @default none */
  shared?: SharedTokens;
  /** In place of the real ones. */
  effects?: Partial<Effects>;
}

export class Client {
  readonly registry: RemoteRegistry;
  readonly repository: Repository;
  /** Plans that the registry has led to. */
  readonly plans: UploadPlan[] = [];
  /** What it has warned of. */
  readonly warnings: string[] = [];
  readonly #tokens: TokenCache;
  readonly #options: ClientOptions;
  readonly #effects: Effects;
  #aheadMs = 0;

  constructor(registry: RemoteRegistry, options: ClientOptions = {}) {
    this.registry = registry;
    this.#options = options;
    this.#tokens = options.tokens ?? new TokenCache();
    const origin = `https://${registry.host}/`;
    this.#effects = {
      // The registry speaks no TLS.
      fetch: (url, init) => fetch(url.startsWith(origin) ? url.replace("https:", "http:") : url, init),
      now: () => Date.now() + this.#aheadMs,
      random: () => 0,
      // Back-offs are over at once.
      sleep: realSleep,
      after: afterBySleep(realSleep),
      ...options.effects,
    };
    this.repository = this.open("acme/app");
  }

  /** Puts this client's clock forward; the registry's stays. */
  elapse(seconds: number): void {
    this.#aheadMs += seconds * 1000;
  }

  /** Another repository of the registry, with the same login. */
  open(repository: string, as = this.#options.as ?? "target"): Repository {
    const { host } = this.registry;
    return new Repository({
      transport: this.#transport(as),
      repository,
      as,
      plan: uploadPlanFor(host, this.#options.settings),
      effects: this.#effects,
      planMemory: { recall: async () => undefined, learn: async (plan) => void this.plans.push(plan) },
    });
  }

  /** What the repository tells of its content. */
  directory(support = new ReferrersSupport()): RepositoryDirectory {
    const as = this.#options.as ?? "target";
    const memory = referrersMemory(support, this.registry.host, this.#effects.now);
    return new RepositoryDirectory({ transport: this.#transport(as), repository: "acme/app", as, memory });
  }

  #transport(as: "source" | "target"): Transport {
    const { host, tokenHost, storageHost } = this.registry;
    const { credentials, permits = () => ({ http: true, private: true }), realms = [tokenHost, storageHost], shared } = this.#options;
    const settings = { http: true, private: true, ...this.#options.settings };
    return createTransport({
      endpoint: endpointFor(host, settings, as === "source" ? "source" : "destination"),
      effects: this.#effects,
      permits,
      tokens: this.#tokens,
      onWarning: (text) => this.warnings.push(text),
      ...(realms !== "any" && { realms }),
      ...(shared && { shared }),
      ...(credentials && { credentials: { id: "test", ...credentials } }),
    });
  }

  /** Uploads bytes the way a copy does, with all its ways to go on. */
  async place(content: Uint8Array<ArrayBuffer>, blob: Descriptor = blobOf(content), mountFrom?: string): Promise<Placement> {
    return await placeBlob(blob, new MemorySource(content), this.repository, {
      effects: this.#effects,
      retry: DEFAULT_RETRY_POLICY,
      signal: new AbortController().signal,
      leave: () => {},
      ...(mountFrom !== undefined && { mountFrom }),
    });
  }

  /** Copies a blob from another registry's repository the way a copy does, with all its ways to go on. */
  async placeFrom(source: BlobSource, blob: Descriptor): Promise<Placement> {
    return await placeBlob(blob, source, this.repository, {
      effects: this.#effects,
      retry: DEFAULT_RETRY_POLICY,
      signal: new AbortController().signal,
      leave: () => {},
    });
  }

  /** What was asked of the registry itself, token servers and storage aside: `HEAD 401`, `HEAD 200`, … */
  async requests(): Promise<string[]> {
    return (await this.registry.requests({ server: "registry" })).map(({ method, status }) => `${method} ${status}`);
  }

  /** Requests to the token server, with the scopes that they named. */
  async tokenRequests(): Promise<
    { method: string; status: number; login: string | undefined; query: URLSearchParams; scopes: string[] }[]
  > {
    return (await this.registry.requests({ server: "token" })).map(({ method, status, headers, query }) => {
      const asked = new URLSearchParams(query);
      return { method, status, login: headers.authorization, query: asked, scopes: asked.getAll("scope") };
    });
  }

  /** What was asked of the registry's uploads: `POST 202`, `PATCH 202`, … */
  async uploadRequests(): Promise<string[]> {
    const requests = await this.registry.requests({ path: "upload" });
    return requests.map(({ method, status }) => `${method} ${status}`);
  }
}

export const USER = "ship";
export const PASSWORD = "fleet:7";

/** A registry with tokens, and a user who may do everything. */
export function bearer(options: Partial<Extract<AuthOptions, { kind: "bearer" }>> = {}): RegistryOptions {
  return { auth: { kind: "bearer", user: USER, password: PASSWORD, ...options } };
}

/** The Authorization header of a user and password. */
export function basicText(user: string, password: string): string {
  return `Basic ${btoa(`${user}:${password}`)}`;
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

/** A manifest without layers, in JSON that nobody would write again in the same way. */
export const CONTENT = seededBytes(300_000, 7);
export const BLOB = blobOf(CONTENT);
const TEXT = `{\n   "layers": [], "config": ${JSON.stringify({ ...BLOB })},\n "mediaType": "${OCI_MANIFEST}", "schemaVersion": 2 }\n`;
const BYTES = new Uint8Array(new TextEncoder().encode(TEXT));
export const MANIFEST: ManifestContent = {
  descriptor: { mediaType: OCI_MANIFEST, digest: digestOf(BYTES), size: BYTES.byteLength },
  bytes: BYTES,
};

/** Puts {@link MANIFEST} and its blob at `acme/app:1`. */
export async function seed(registry: RemoteRegistry, repository = "acme/app"): Promise<void> {
  await registry.putBlob(repository, CONTENT);
  await registry.putManifest(repository, "1", OCI_MANIFEST, BYTES);
}

/** Content of five reads and a bit, different for each seed. */
export function layer(seed: number): Uint8Array<ArrayBuffer> {
  return seededBytes(5 * 1024 * 1024 + 77, seed);
}

/** The failure that work ends with; anything but a CopyError is a fault. */
export async function failureOf(work: Promise<unknown>): Promise<CopyError["failure"]> {
  const error = await work.then(
    () => new Error("it succeeded"),
    (thrown: unknown) => thrown,
  );
  if (error instanceof CopyError) {
    return error.failure;
  }
  throw error;
}

/** Reads the way a copy does, with buffers of its own. */
export async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const size = 64 * 1024;
  const reader = stream.getReader({ mode: "byob" });
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const { value } = await reader.readAtLeast(size, new Uint8Array(size));
    parts.push(...(value === undefined ? [] : [value]));
    if (value === undefined || value.byteLength < size) {
      return new Uint8Array(await new Blob(parts).arrayBuffer());
    }
  }
}

export function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && blobOf(a).digest === blobOf(b).digest;
}
