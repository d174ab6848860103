/** What the API needs from the rest of the program, and what each handler is given. Types only. */
import type { Config } from "../config/config.ts";
import type { ContentPage, ImagePage, JobDocument, JobPage, RetryOutcome, SubmitResult, Trigger } from "../jobs/document.ts";
import type { RegistryCheck } from "../jobs/hosts/check-registry.ts";
import type { Idempotency } from "../jobs/idempotency.ts";
import type { ContentQuery } from "../jobs/images/content-lists.ts";
import type { ImageQuery } from "../jobs/images/image-lists.ts";
import type { ListQuery } from "../jobs/ledger/ledger-rows.ts";
import type { SyncRow } from "../jobs/schedule/sync-rows.ts";
import type { RepositoryReference } from "../oci/reference.ts";
import type { ContentSource } from "../oci/store.ts";
import type { CopyRequest } from "../request/copy-request.ts";
import type { Following } from "../triggers/chat/follow-job.ts";
import type { Principal } from "./authenticate.ts";

/** One job, as its Durable Object answers for it. `null` everywhere: there is no such job. */
export interface JobHandle {
  read(): Promise<JobDocument | null>;
  /** Asks the job to end; the document may still say `running` while open uploads are cancelled. */
  cancel(): Promise<JobDocument | null>;
  retry(): Promise<RetryOutcome>;
  /** The job once it has ended, or as it stands after `ms`. */
  waitForEnd(ms: number): Promise<JobDocument | null>;
  images(query: ImageQuery): Promise<ImagePage | null>;
  content(query: ContentQuery): Promise<ContentPage | null>;
  /** A stream of server-sent events, from after the event with that id. */
  events(lastEventId: number | null): Promise<Response | null>;
}

/** The schedule, as its Durable Object answers for it. */
export interface SyncsHandle {
  rows(): Promise<SyncRow[]>;
  /** Makes the entry's job now, or finds the one that is still going. `null`: there is no such entry. */
  run(name: string, actor: string): Promise<JobDocument | null>;
}

export interface ApiDeps {
  /** The configuration; throws a `ConfigError` while it is broken. */
  config(): Config;
  /** Stores a job durably, or finds the one that the key stands for. */
  submit(request: CopyRequest, trigger: Trigger, idempotency?: Idempotency): Promise<SubmitResult>;
  /** The job with that id, existing or not; `undefined` where the text can't be an id. */
  job(id: string): JobHandle | undefined;
  list(query: ListQuery): Promise<JobPage>;
  syncs: SyncsHandle;
  /** Asks each binding something small; rejects where it does not answer. */
  bindings: Readonly<Record<string, () => Promise<unknown>>>;
  /** Writes, reads and removes a small object of the stage; rejects where that fails. `undefined` where there is no stage. */
  tryStage: (() => Promise<void>) | undefined;
  /** Looks whether a registry can be reached with its credentials. */
  checkRegistry(registry: string): Promise<RegistryCheck>;
  /** What is counted: series of the Prometheus text format, with their values. */
  metrics(): Promise<Readonly<Record<string, number>>>;
  /** Opens a repository to read from it outside of any job; no request is made yet. `signal` ends its requests. Fails as `openRepository` does. */
  openSource(name: RepositoryReference, signal: AbortSignal): ContentSource;
  /** Shows a job in a chat as it goes on, in an object of its own. `name` is one command's. */
  follow(name: string, following: Following): Promise<void>;
  /** Resolves after so many milliseconds. */
  sleep(ms: number): Promise<void>;
  /** Asks a host of which the configuration says that it may be asked. */
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Keeps the invocation going after its answer, until the promise settles. */
  waitUntil(promise: Promise<unknown>): void;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Told of errors that the caller only sees as `internal`. @default nothing */
  onUnexpected?(error: unknown): void;
}

/** A request on its way through a handler that finds out itself who sent it: from a platform that has signed it, say. */
export interface OpenCall {
  request: Request;
  url: URL;
  /** The path's variables, as they stand in the URL. */
  params: Readonly<Record<string, string | undefined>>;
  config: Config;
  deps: ApiDeps;
}

/** One authenticated request. */
export interface Call extends OpenCall {
  principal: Principal;
}
