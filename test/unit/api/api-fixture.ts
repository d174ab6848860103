/** The API with jobs kept in a map: what its tests stand on. */
import { createHash } from "node:crypto";
import type { ApiDeps, JobHandle, SyncsHandle } from "../../../src/api/deps.ts";
import { createRouter } from "../../../src/api/router.ts";
import type { Config } from "../../../src/config/config.ts";
import type { JobDocument, JobPage, Problem, Trigger } from "../../../src/jobs/document.ts";
import type { Idempotency } from "../../../src/jobs/idempotency.ts";
import type { ListQuery } from "../../../src/jobs/ledger/ledger-rows.ts";
import type { ContentSource } from "../../../src/oci/store.ts";
import type { CopyRequest } from "../../../src/request/copy-request.ts";
import type { Following } from "../../../src/triggers/chat/follow-job.ts";

export const NOW = Date.UTC(2026, 10, 23);
export const JOB_ID = "0193585c-0000-7000-8000-000000000001";
export const TOKEN = "s3cret-token";

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function configWith(changes: Partial<Config> = {}): Config {
  return {
    registries: {},
    dockerConfig: { entries: [] },
    tokens: [{ name: "ci", sha256: sha256(TOKEN) }],
    allowAnonymous: false,
    policy: undefined,
    hooks: new Map(),
    syncs: [],
    cloudSecrets: { aws: undefined, google: undefined, azure: undefined },
    callbackSecret: undefined,
    logLevel: "off",
    chat: {
      rules: {},
      endpoints: { slack: "https://hooks.slack.com", discord: "https://discord.test", telegram: "https://telegram.test" },
    },
    sliceSeconds: 600,
    stageTtlHours: 24,
    jobTtlDays: 30,
    patienceSeconds: 60,
    stallSeconds: 60,
    ...changes,
  };
}

export function jobDocument(changes: Partial<JobDocument> = {}): JobDocument {
  const id = changes.id ?? JOB_ID;
  return {
    id,
    status: "queued",
    source: "docker.io/library/busybox:1.36",
    digest: null,
    mediaType: null,
    digestPreserved: true,
    images: [],
    progress: {
      manifests: { total: 0, done: 0 },
      blobs: { total: 0, done: 0, copied: 0, mounted: 0, existing: 0, staged: 0 },
      bytes: { total: 0, done: 0, copied: 0 },
    },
    waiting: null,
    error: null,
    request: { source: "busybox:1.36", destination: "ghcr.io/acme/busybox" },
    labels: {},
    trigger: { kind: "api", name: "ci", actor: null },
    createdAt: "2026-11-23T00:00:00.000Z",
    startedAt: null,
    finishedAt: null,
    links: {
      self: `/jobs/${id}`,
      events: `/jobs/${id}/events`,
      images: `/jobs/${id}/images`,
      cancel: `/jobs/${id}/cancel`,
      retry: `/jobs/${id}/retry`,
    },
    ...changes,
  };
}

interface Submitted {
  request: CopyRequest;
  trigger: Trigger;
  idempotency: Idempotency | undefined;
}

export interface Fixture {
  submitted: Submitted[];
  queries: ListQuery[];
  unexpected: unknown[];
  followed: { name: string; following: Following }[];
  /** Sends a request with the good token, unless the headers say otherwise (`authorization: ""` sends none). */
  send(method: string, path: string, init?: { headers?: Record<string, string>; body?: BodyInit | object }): Promise<Response>;
}

/** What single tests may put in place of the usual parts. */
export interface FixtureOptions {
  config?: Partial<Config> | (() => Config);
  jobs?: Record<string, Partial<JobHandle>>;
  page?: JobPage;
  submit?: ApiDeps["submit"];
  syncs?: Partial<SyncsHandle>;
  metrics?: Record<string, number>;
  checkRegistry?: ApiDeps["checkRegistry"];
  bindings?: ApiDeps["bindings"];
  openSource?: ApiDeps["openSource"];
  fetch?: ApiDeps["fetch"];
  /** @default never wakes up */
  sleep?: ApiDeps["sleep"];
}

const unasked = async (): Promise<never> => {
  throw new Error("A registry was asked");
};

const NO_SOURCE: ContentSource = { openBlob: unasked, openWhole: unasked, resolve: unasked, fetchManifest: unasked };

export function apiFixture(options: FixtureOptions = {}): Fixture {
  const submitted: Submitted[] = [];
  const queries: ListQuery[] = [];
  const unexpected: unknown[] = [];
  const followed: Fixture["followed"] = [];
  const { config } = options;
  const router = createRouter({
    config: typeof config === "function" ? config : () => configWith(config),
    submit: async (request, trigger, idempotency) => {
      submitted.push({ request, trigger, idempotency });
      return options.submit?.(request, trigger, idempotency) ?? { outcome: "created", job: jobDocument() };
    },
    job: (id) => {
      const handle = options.jobs?.[id];
      return handle === undefined ? undefined : { ...NO_JOB, ...handle };
    },
    list: async (query) => {
      queries.push(query);
      return options.page ?? { jobs: [], cursor: null };
    },
    openSource: (name, signal) => options.openSource?.(name, signal) ?? NO_SOURCE,
    follow: async (name, following) => {
      followed.push({ name, following });
    },
    syncs: { rows: async () => [], run: async () => null, ...options.syncs },
    fetch: options.fetch ?? (() => Promise.reject(new Error("There is no network here"))),
    bindings: options.bindings ?? { jobs: async () => {}, stage: async () => {} },
    tryStage: async () => {},
    checkRegistry: async (registry) => options.checkRegistry?.(registry) ?? { status: "pass", detail: "reached" },
    metrics: async () => options.metrics ?? {},
    sleep: options.sleep ?? (() => new Promise(() => {})),
    waitUntil: () => {},
    now: () => NOW,
    onUnexpected: (error) => unexpected.push(error),
  });
  return {
    submitted,
    queries,
    unexpected,
    followed,
    send: (method, path, init = {}) => {
      const isJson = init.body !== undefined && Object.getPrototypeOf(init.body) === Object.prototype;
      const headers = new Headers({
        authorization: `Bearer ${TOKEN}`,
        ...(isJson ? { "content-type": "application/json" } : {}),
        ...init.headers,
      });
      if (headers.get("authorization") === "") {
        headers.delete("authorization");
      }
      const body = isJson ? JSON.stringify(init.body) : (init.body as BodyInit | undefined);
      return router.fetch(
        new Request(`https://transship.example${path}`, {
          method,
          headers,
          ...(body === undefined ? {} : { body, duplex: "half" }),
        } as RequestInit),
      );
    },
  };
}

const NO_JOB: JobHandle = {
  read: async () => null,
  cancel: async () => null,
  retry: async () => ({ outcome: "unknown" }),
  waitForEnd: async () => null,
  images: async () => null,
  content: async () => null,
  events: async () => null,
};

/** The problem document of an answer, after checking that it is one. */
export async function problemIn(response: Response): Promise<Problem> {
  if (response.headers.get("content-type") !== "application/problem+json") {
    throw new Error(`No problem document: ${response.status} ${await response.text()}`);
  }
  const problem = (await response.json()) as Problem;
  if (problem.status !== response.status) {
    throw new Error(`The document says ${problem.status}, the answer ${response.status}`);
  }
  return problem;
}
