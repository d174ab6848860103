/**
 * A fake registry seen from afar: the same commands as on the object itself, by HTTP. Uses nothing but `fetch`, so it
 * works inside workerd. Only types are imported, so nothing of Node comes with it.
 */
import type { ImageSummary } from "../images/deliver.ts";
import type { ArtifactOptions, ImageOptions } from "../images/image.ts";
import type { RegistryOptions } from "./fake-registry.ts";
import type { ActiveFault, FaultRule } from "./faults.ts";
import type { Quirks } from "./quirks.ts";
import type { LoggedRequest, RequestFilter } from "./request-log.ts";
import type { Write } from "./store.ts";

/** The hosts of a registry, each `127.0.0.1:<port>`. */
export interface RegistryHosts {
  host: string;
  tokenHost: string;
  storageHost: string;
}

export class RemoteRegistry implements RegistryHosts {
  readonly url: string;
  readonly host: string;
  readonly tokenHost: string;
  readonly storageHost: string;

  constructor({ host, tokenHost, storageHost }: RegistryHosts) {
    this.url = `http://${host}`;
    this.host = host;
    this.tokenHost = tokenHost;
    this.storageHost = storageHost;
  }

  /** Adds a fault and gives its id. */
  fail(rule: FaultRule): Promise<string> {
    return this.#json("POST", "faults", {}, rule);
  }

  /** A fault and how often it was applied; `null` once it was removed. */
  fault(id: string): Promise<ActiveFault | null> {
    return this.#json("GET", "faults", { id });
  }

  /** Removes one fault, or all. */
  clearFaults(id?: string): Promise<null> {
    return this.#json("DELETE", "faults", id === undefined ? {} : { id });
  }

  /** Lets go what a `hold` keeps waiting. */
  release(gate: string): Promise<null> {
    return this.#json("POST", "release", {}, gate);
  }

  /** The requests that match, in the order in which they came. */
  requests(filter: RequestFilter = {}): Promise<LoggedRequest[]> {
    return this.#json("GET", "requests", { ...filter });
  }

  /** The same, once there are so many. */
  waitForRequests(filter: RequestFilter, count = 1): Promise<LoggedRequest[]> {
    return this.#json("GET", "requests", { ...filter, wait: String(count) });
  }

  /** Forgets the requests so far. */
  clearRequests(): Promise<null> {
    return this.#json("DELETE", "requests");
  }

  setQuirks(quirks: Partial<Quirks>): Promise<null> {
    return this.#json("PATCH", "quirks", {}, quirks);
  }

  /** Stores a blob and gives its digest. @default digest its sha256 */
  async putBlob(repository: string, bytes: Uint8Array, digest?: string): Promise<string> {
    const response = await this.#send("PUT", "blob", { repository, ...(digest === undefined ? {} : { digest }) }, bytes);
    return (await response.json()) as string;
  }

  /** The bytes of a blob, or `undefined` where it is not there. */
  async blob(repository: string, digest: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const response = await this.#send("GET", "blob", { repository, digest });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return response.ok ? bytes : undefined;
  }

  /** Stores a manifest by tag or digest, unchecked, and gives its digest. */
  async putManifest(repository: string, reference: string, mediaType: string, bytes: Uint8Array): Promise<string> {
    const response = await this.#send("PUT", "manifest", { repository, reference }, bytes, mediaType);
    return (await response.json()) as string;
  }

  /** A manifest by tag or digest, or `undefined` where it is not there. */
  async manifest(repository: string, reference: string): Promise<{ mediaType: string; bytes: Uint8Array<ArrayBuffer> } | undefined> {
    const response = await this.#send("GET", "manifest", { repository, reference });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return response.ok ? { mediaType: response.headers.get("content-type") ?? "", bytes } : undefined;
  }

  /** Lets a manifest or blob disappear from a repository, as garbage collection does. Fails where it is not there. */
  async remove(repository: string, digest: string): Promise<void> {
    if (!(await this.#json<boolean>("DELETE", "content", { repository, digest }))) {
      throw new Error(`${digest} is not in ${repository}`);
    }
  }

  /** Makes an image on the registry's side and stores it there. */
  putImage(repository: string, tag: string | undefined, options: ImageOptions = {}): Promise<ImageSummary> {
    return this.#json("PUT", "image", { repository, ...(tag === undefined ? {} : { tag }) }, options);
  }

  /** Makes an artifact on the registry's side and stores it there. */
  putArtifact(repository: string, tag: string | undefined, options: ArtifactOptions = {}): Promise<ImageSummary> {
    return this.#json("PUT", "image", { repository, artifact: "1", ...(tag === undefined ? {} : { tag }) }, options);
  }

  /** What the tags of a repository stand for. */
  tags(repository: string): Promise<Record<string, string>> {
    return this.#json("GET", "tags", { repository });
  }

  /** Everything that was written, in order. */
  writes(): Promise<Write[]> {
    return this.#json("GET", "writes");
  }

  counts(): Promise<{ openUploads: number; tokens: number }> {
    return this.#json("GET", "counts");
  }

  /** Makes the registry forget its storage links, its tokens, or its uploads. */
  expire(what: "links" | "tokens" | "uploads"): Promise<null> {
    return this.#json("POST", "expire", {}, what);
  }

  /** Ends all connections and refuses new ones for so many milliseconds, in a moment. */
  outage(ms: number): Promise<null> {
    return this.#json("POST", "outage", {}, ms);
  }

  /** Empties everything; with options, it becomes another registry on the same ports. */
  reset(options?: RegistryOptions): Promise<null> {
    return this.#json("POST", "reset", {}, options ?? null);
  }

  async #json<T>(method: string, command: string, query: Record<string, string> = {}, body?: unknown): Promise<T> {
    const response = await this.#send(method, command, query, body === undefined ? undefined : JSON.stringify(body));
    return (await response.json()) as T;
  }

  async #send(
    method: string,
    command: string,
    query: Record<string, string>,
    body?: string | Uint8Array,
    contentType = "application/json",
  ): Promise<Response> {
    const url = `${this.url}/_control/${command}?${new URLSearchParams(query)}`;
    const response = await fetch(url, {
      method,
      headers: { "content-type": contentType },
      ...(body === undefined ? {} : { body: body as string | Uint8Array<ArrayBuffer> }),
    });
    if (response.status === 500 || (response.status === 404 && method !== "GET")) {
      throw new Error(`fake registry: ${method} ${command}: ${await response.text()}`);
    }
    return response;
  }
}
