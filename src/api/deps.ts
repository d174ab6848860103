/** What the API needs of the rest of the program, and what each handler is given. Types only. */
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

/** One job, by way of its Durable Object. Wherever a method returns `null`, there is no such job. */
export interface JobHandle {
  /** The job as it is now. */
  read(): Promise<JobDocument | null>;
  /** Cancels the job; the document may still say `running` while open uploads are cancelled. */
  cancel(): Promise<JobDocument | null>;
  /** Queues a failed or cancelled job again. */
  retry(): Promise<RetryOutcome>;
  /** The job once it has ended, or as it is after `ms` milliseconds. */
  waitForEnd(ms: number): Promise<JobDocument | null>;
  /** One page of the job's images. */
  images(query: ImageQuery): Promise<ImagePage | null>;
  /** One page of the manifests that the job copies. */
  content(query: ContentQuery): Promise<ContentPage | null>;
  /** A stream of server-sent events: those after the event with that id, all where it is null. */
  events(lastEventId: number | null): Promise<Response | null>;
}

/** The schedule, by way of its Durable Object. */
export interface SyncsHandle {
  /** The stored state of each entry that has one. */
  rows(): Promise<SyncRow[]>;
  /** Makes the entry's job now, or finds the one that is still going. `null`: there is no such entry. */
  run(name: string, actor: string): Promise<JobDocument | null>;
}

/** The rest of the program, as the API sees it. */
export interface ApiDeps {
  /** The configuration; throws a `ConfigError` while it is broken. */
  config(): Config;
  /** Stores a job durably, or finds the one that was stored under the same key. */
  submit(request: CopyRequest, trigger: Trigger, idempotency?: Idempotency): Promise<SubmitResult>;
  /** The job with that id, whether it exists or not; `undefined` where the text is no id. */
  job(id: string): JobHandle | undefined;
  /** One page of all jobs, newest first. */
  list(query: ListQuery): Promise<JobPage>;
  syncs: SyncsHandle;
  /** For each binding a check that asks it something small, and rejects where it does not answer. */
  bindings: Readonly<Record<string, () => Promise<unknown>>>;
  /** Writes, reads and removes a small object of the stage; rejects where that fails. `undefined` where there is no stage. */
  tryStage: (() => Promise<void>) | undefined;
  /** Checks whether a registry can be reached with its credentials. */
  checkRegistry(registry: string): Promise<RegistryCheck>;
  /** All counters, as series of the Prometheus text format with their values. */
  metrics(): Promise<Readonly<Record<string, number>>>;
  /**
   * Opens a repository for reading outside of any job, without a request to it. `signal` aborts the requests that are made later. Throws as
   * `openRepository` does.
   */
  openSource(name: RepositoryReference, signal: AbortSignal): ContentSource;
  /** Posts a job's progress and end to a chat, by a Durable Object of its own. Does nothing where one of that `name` does already. */
  follow(name: string, following: Following): Promise<void>;
  /** Resolves after so many milliseconds. */
  sleep(ms: number): Promise<void>;
  /** Fetches a URL that the configuration names. */
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Keeps the invocation alive after its response, until the promise settles. */
  waitUntil(promise: Promise<unknown>): void;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Is called with errors that the caller only sees as `internal`. @default nothing */
  onUnexpected?(error: unknown): void;
}

/** A request whose sender is not known, or is found out by its handler: a signed one of a chat platform, for example. */
export interface OpenCall {
  request: Request;
  url: URL;
  /** The variables of the path, still percent-encoded. */
  params: Readonly<Record<string, string | undefined>>;
  config: Config;
  deps: ApiDeps;
}

/** A request of a caller who is known. */
export interface Call extends OpenCall {
  principal: Principal;
}
