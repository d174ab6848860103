/**
 * A strict, scriptable OCI distribution registry on real sockets of the loopback interface.
 *
 * It has three hosts: the registry itself, its token service, and its storage (where blobs may be redirected to). All
 * three log into one list and have the same faults.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, gzipped } from "./answer.ts";
import { readContent } from "./blobs.ts";
import { bytesContent } from "./content.ts";
import { answerControl } from "./control.ts";
import { sha256 } from "./digest.ts";
import type { FakeRegistry, RegistryOptions } from "./fake-registry.ts";
import { Faults } from "./faults.ts";
import { listen } from "./listener.ts";
import { STRICT } from "./quirks.ts";
import { RequestLog } from "./request-log.ts";
import { answerRegistry, answerStorage, type RegistryState } from "./routes.ts";
import { Sessions } from "./sessions.ts";
import { StorageLinks } from "./storage-links.ts";
import { Store } from "./store.ts";
import { TokenService } from "./tokens.ts";

/** The manifest that one is attached to; what is no JSON at all is attached to none. */
function subjectOf(bytes: Uint8Array): string | undefined {
  try {
    return (JSON.parse(Buffer.from(bytes).toString()) as { subject?: { digest: string } }).subject?.digest;
  } catch {
    return undefined;
  }
}

/** Starts a registry. It runs until it is closed. */
export async function startRegistry(options: RegistryOptions = {}): Promise<FakeRegistry> {
  let folder: string | undefined;
  const openFolder = async (): Promise<string> => {
    folder ??= await mkdtemp(join(tmpdir(), "fake-registry-"));
    return folder;
  };
  const requests = new RequestLog();
  const faults = new Faults();
  let current = options;
  let state: RegistryState;

  const shared = { faults, log: requests };
  const coded = (answer: Answer) => (state.quirks.jsonGzip ? gzipped(answer) : answer);
  const storage = await listen({ ...shared, server: "storage", handler: (exchange) => answerStorage(state, exchange) });
  const token = await listen({
    ...shared,
    server: "token",
    handler: async (exchange) => coded((await state.tokens?.service.answer(exchange)) ?? { status: 404 }),
  });
  const freshState = (): RegistryState => {
    const auth = current.auth ?? { kind: "none" };
    const service = new TokenService(auth.kind === "bearer" ? auth : {});
    return {
      store: new Store(),
      quirks: { ...STRICT, ...current.quirks },
      sessions: new Sessions(current.blobStore ?? "memory", openFolder),
      links: new StorageLinks(),
      auth,
      tokens: { service, realm: `http://${token.host}/token` },
      storageOrigin: `http://${storage.host}`,
    };
  };
  state = freshState();
  const main = await listen({
    ...shared,
    server: "registry",
    handler: async (exchange) => coded(await answerRegistry(state, exchange)),
    control: (exchange) => answerControl(registry, exchange),
    ...(options.port === undefined ? {} : { port: options.port }),
  });

  const registry: FakeRegistry = {
    url: `http://${main.host}`,
    host: main.host,
    port: main.port,
    tokenHost: token.host,
    storageHost: storage.host,
    requests,
    faults,
    get quirks() {
      return state.quirks;
    },
    get store() {
      return state.store;
    },
    get tokens() {
      return (state.tokens as { service: TokenService }).service;
    },
    get openUploads() {
      return state.sessions.count;
    },
    fail: (rule) => faults.add(rule),
    putBlob(repository, given, digest) {
      const isBytes = given instanceof Uint8Array;
      const name = digest ?? (isBytes ? sha256(given) : undefined);
      if (name === undefined) {
        throw new Error("content that is not bytes needs its digest said");
      }
      state.store.putBlob(repository, name, isBytes ? bytesContent([given]) : given);
      return name;
    },
    putManifest(repository, reference, mediaType, bytes) {
      return state.store.putManifest(repository, reference, mediaType, bytes, subjectOf(bytes)).digest;
    },
    getManifest: (repository, reference) => state.store.manifest(repository, reference),
    hasBlob: (repository, digest) => state.store.blob(repository, digest) !== undefined,
    async blobBytes(repository, digest) {
      const content = state.store.blob(repository, digest);
      if (content === undefined) {
        throw new Error(`${repository} has no blob ${digest}`);
      }
      return await readContent(content);
    },
    tags: (repository) => Object.fromEntries(state.store.repository(repository)?.tags ?? []),
    outage: (ms) => main.refuse(ms),
    expireLinks: () => state.links.expireAll(),
    loseUploads: () => state.sessions.clear(),
    async reset(next) {
      faults.clear();
      await state.sessions.clear();
      current = next ?? current;
      state = freshState();
      requests.clear();
      await removeFolder();
    },
    async close() {
      faults.clear();
      await Promise.all([main.close(), token.close(), storage.close()]);
      await state.sessions.clear();
      await removeFolder();
    },
  };

  async function removeFolder(): Promise<void> {
    if (folder !== undefined) {
      await rm(folder, { recursive: true, force: true });
      folder = undefined;
    }
  }
  return registry;
}
