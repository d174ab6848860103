/** The service as its callers see it, from tests that run beside it in workerd: its API, and registries to copy between. */
import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, inject, onTestFinished } from "vitest";
import type { JobDocument } from "../../src/jobs/document.ts";
import { referrersSupport } from "../../src/jobs/hosts/connections.ts";
import { claimRegistry, releaseRegistry } from "./registry/claim.ts";
import type { RegistryOptions } from "./registry/fake-registry.ts";
import type { RemoteRegistry } from "./registry/remote.ts";
import type { LoggedRequest } from "./registry/request-log.ts";

/** Longest time that a job in a test may take, in seconds. */
const LIMIT_SECONDS = 18;

// The first request loads the Worker's modules, which on a busy machine takes longer than a test may.
beforeAll(async () => {
  await (await api("GET", "/healthz")).text();
}, 60_000);

/** Sends a request to the API. `body` goes as JSON. */
export function api(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return exports.default.fetch(
    new Request(`https://ship.test${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
}

/** Sends a request to the API and gives the answer's JSON. */
export async function apiJson<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
  return (await (await api(method, path, body, headers)).json()) as T;
}

/** Copies an image and gives the job at its end. */
export async function copy(source: string, destination: string | string[], more: Record<string, unknown> = {}): Promise<JobDocument> {
  return ended(await apiJson("POST", "/copy", { source, destination, ...more }, { prefer: `wait=${LIMIT_SECONDS}` }));
}

/** Stores a copy as a job and gives the job as it stands then. */
export function submit(source: string, destination: string | string[], more: Record<string, unknown> = {}): Promise<JobDocument> {
  return apiJson("POST", "/copy", { source, destination, ...more });
}

export function readJob(id: string): Promise<JobDocument> {
  return apiJson("GET", `/jobs/${id}`);
}

/** The job at its end. Waits for that at the job's own object, as `Prefer: wait` does. */
export async function jobEnd(id: string): Promise<JobDocument> {
  const stream = await api("GET", `/jobs/${id}/events`);
  const text = await stream.text();
  const [, data] = /^event: end\ndata: (.*)$/m.exec(text) ?? [];
  return data === undefined ? ended(await readJob(id)) : (JSON.parse(data) as JobDocument);
}

function ended(job: JobDocument): JobDocument {
  if (!["succeeded", "failed", "cancelled"].includes(job.status)) {
    throw new Error(`not ended after ${LIMIT_SECONDS} s: ${JSON.stringify(job)}`);
  }
  return job;
}

/** Takes an empty registry for this test, of which the Worker knows nothing. */
export async function registry(options: RegistryOptions = {}): Promise<RemoteRegistry> {
  const farm = inject("farm");
  const claimed = await claimRegistry(farm, options);
  onTestFinished(() => releaseRegistry(farm, claimed));
  // The pause that another test's registry at this address has asked for may last an hour.
  await runInDurableObject(env.REGISTRY_HOSTS.getByName(claimed.host), (_, { storage }) => storage.deleteAll());
  referrersSupport.learn(claimed.host, false, 0);
  return claimed;
}

/** A source and a destination registry. */
export async function twoRegistries(from: RegistryOptions = {}, to: RegistryOptions = {}): Promise<[RemoteRegistry, RemoteRegistry]> {
  return [await registry(from), await registry(to)];
}

let names = 0;

/** A repository name that no other test of this isolate has used: what the Worker remembers of one test then means nothing to another. */
export function freshName(): string {
  return `test/r${++names}`;
}

/**
 * Requests counted by kind: the method, and `tag`, `manifest` (by digest), `blob`, `mount`, `upload`, `token` or `storage`.
 * A `POST upload` begins one, the other methods are at its Location.
 */
export function kindsOf(requests: readonly LoggedRequest[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const request of requests) {
    const kind = `${request.method} ${kindOf(request)}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function kindOf({ server, path, query }: LoggedRequest): string {
  if (server !== "registry") {
    return server;
  }
  if (path.includes("/uploads/")) {
    return query.includes("mount=") ? "mount" : "upload";
  }
  if (path.includes("/manifests/")) {
    return /\/manifests\/sha\d+(:|%3A)/i.test(path) ? "manifest" : "tag";
  }
  return path.includes("/blobs/") ? "blob" : path;
}

/** The requests that a registry got since it was taken, or since they were last cleared, by kind. */
export async function requestKinds(of: RemoteRegistry): Promise<Record<string, number>> {
  return kindsOf(await of.requests());
}
