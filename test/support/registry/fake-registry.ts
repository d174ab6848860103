/** The fake registry as tests see it. */
import type { AuthOptions } from "./auth.ts";
import type { BlobStore, Content } from "./content.ts";
import type { FaultRule, Faults } from "./faults.ts";
import type { Quirks } from "./quirks.ts";
import type { RequestLog } from "./request-log.ts";
import type { Store, StoredManifest } from "./store.ts";
import type { TokenService } from "./tokens.ts";

export interface RegistryOptions {
  /** @default `{ kind: "none" }` */
  auth?: AuthOptions;
  /** @default "memory" */
  blobStore?: BlobStore;
  /** Departures from the strictest reading. */
  quirks?: Partial<Quirks>;
  /** Of the registry itself. @default any free port */
  port?: number;
}

export interface FakeRegistry {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** `127.0.0.1:<port>`, as it stands in references. */
  readonly host: string;
  readonly port: number;
  /** Host of the token service. */
  readonly tokenHost: string;
  /** Host that blobs and uploads are redirected to, where quirks say so. */
  readonly storageHost: string;

  /** Every request to one of the three hosts. */
  readonly requests: RequestLog;
  readonly faults: Faults;
  /** The switches; may be changed at any time. */
  readonly quirks: Quirks;
  readonly store: Store;
  readonly tokens: TokenService;
  /** Uploads that were begun and neither committed nor cancelled. */
  readonly openUploads: number;

  /** Adds a fault and gives its id. */
  fail(rule: FaultRule): string;
  /** Stores a blob and gives its digest. */
  putBlob(repository: string, bytes: Uint8Array | Content, digest?: string): string;
  /** Stores a manifest by tag or digest, unchecked, and gives its digest. */
  putManifest(repository: string, reference: string, mediaType: string, bytes: Uint8Array): string;
  getManifest(repository: string, reference: string): StoredManifest | undefined;
  hasBlob(repository: string, digest: string): boolean;
  /** The bytes of a blob; fails where it is not there. */
  blobBytes(repository: string, digest: string): Promise<Buffer>;
  /** What the tags of a repository stand for. */
  tags(repository: string): Record<string, string>;
  /** Ends all connections to the registry's own host and refuses new ones for so many milliseconds. */
  outage(ms: number): void;
  /** Ends every storage link given out so far (Q58). */
  expireLinks(): void;
  /** Forgets all upload sessions, as a registry does that was started anew (Q103). */
  loseUploads(): Promise<void>;

  /** Empties everything; with options, becomes another registry on the same ports. */
  reset(options?: RegistryOptions): Promise<void>;
  close(): Promise<void>;
}
