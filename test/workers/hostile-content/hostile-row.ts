/** One row of the table of hostile content: a copy of what somebody made to break a copier, and what must hold after it whatever that was. */
import { expect, inject, vi } from "vitest";
import type { JobDocument } from "../../../src/jobs/document.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { freshName, jobEnd, submit } from "../../support/copy-service.ts";
import { claimRegistry, releaseRegistry } from "../../support/registry/claim.ts";
import type { RegistryOptions } from "../../support/registry/fake-registry.ts";
import type { FaultAction, FaultRule } from "../../support/registry/faults.ts";
import type { RemoteRegistry } from "../../support/registry/remote.ts";

export const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const INDEX = "application/vnd.oci.image.index.v1+json";
export const CONFIG = "application/vnd.oci.image.config.v1+json";
export const LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

/** Longest time from the submission to the job's end, in milliseconds. With a registry that is waited for: two tries of `STALL_SECONDS`. */
const LIMIT_MS = 15_000;

/** Longest time after that until the last connection has ended. */
const LINGER_MS = 5_000;

/** Body bytes that the source may send in all: the largest manifest, and what sockets hold that nobody reads. */
const READ_BYTES = 24 * 1024 * 1024;

/** Requests that the source may be asked. */
const ASKED = 30;

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** The copy of `1.0` of one name from one registry to another. The source has a config and a layer, and no manifest. */
export interface Attempt {
  from: RemoteRegistry;
  to: RemoteRegistry;
  name: string;
  config: Descriptor;
  layer: Descriptor;
}

export interface HostileRow {
  what: string;
  from?: RegistryOptions;
  to?: RegistryOptions;
  /** Puts the content there, and sets the trap. @default an honest image */
  given?: (attempt: Attempt) => unknown;
  /** What is asked for besides source and destination; with `tags` neither names one. */
  options?: Record<string, unknown>;
  /** How the job fails; the registry that it names is the side's. @default it succeeds */
  error?: { code: string; side: "source" | "destination"; upstream?: object; detail?: RegExp };
  /** Most requests at the source, its token server's apart: of another row's registry at this address the Worker may remember how it logs in. @default ASKED */
  asked?: number;
  /** Most requests at its token server. @default ASKED */
  tokensAsked?: number;
  /** Most bytes of bodies that the source sends. @default READ_BYTES */
  read?: number;
  /** Uploads that can't be given back, since the registry did not say where they are. @default 0 */
  lost?: number;
  /** @default LIMIT_MS */
  limitMs?: number;
}

/**
 * Makes the copy and expects its outcome, within the time and the requests that the row grants.
 *
 * In every case: no manifest and no tag is at the destination after a failure, and after a success the source's bytes; no upload is left, no request
 * is under way, what is endless was left unread; and what the job says of it has a bounded length.
 */
export async function expectSafe(row: HostileRow): Promise<void> {
  const farm = inject("farm");
  const [from, to] = [await claimRegistry(farm, row.from ?? {}), await claimRegistry(farm, row.to ?? {})];
  try {
    await expectSafeBetween(from, to, row);
  } finally {
    await Promise.all([from, to].map((each) => releaseRegistry(farm, each)));
  }
}

async function expectSafeBetween(from: RemoteRegistry, to: RemoteRegistry, row: HostileRow): Promise<void> {
  const name = freshName();
  // The largest that is read may be put as well: what is refused here is refused by the Worker.
  await to.setQuirks({ manifestMaxBytes: 8 * 1024 * 1024 });
  // The repository is there, so that what is said of it is not that it is missing.
  await to.putImage(name, "0.9", { seed: "older", platforms: ["linux/amd64"], index: "none", layers: [10] });
  const config = await putBlob(from, name, CONFIG, JSON.stringify({ os: "linux", architecture: "amd64", name }));
  const layer = await putBlob(from, name, LAYER, `layer of ${name} `.repeat(200));
  const attempt = { from, to, name, config, layer };
  await (row.given ?? ((each) => putImage(each)))(attempt);
  const [tags, writes] = [await to.tags(name), (await to.writes()).length];
  await from.clearRequests();

  const tag = row.options?.tags === undefined ? ":1.0" : "";
  const { id } = await submit(`${from.host}/${name}${tag}`, `${to.host}/${name}${tag}`, row.options);
  const job = await within(row.limitMs ?? LIMIT_MS, jobEnd(id));

  if (row.error === undefined) {
    expect(job).toMatchObject({ status: "succeeded", error: null, waiting: null });
    const { digest = "" } = job.images[0]?.destinations[0] ?? {};
    expect(await to.tags(name)).toEqual({ ...tags, "1.0": digest });
    const arrived = (await to.manifest(name, "1.0"))?.bytes ?? new Uint8Array();
    expect(digestOf(arrived)).toBe(digest);
  } else {
    const { detail = /./, ...error } = row.error;
    const registry = { source: from.host, destination: to.host }[error.side];
    expect(job).toMatchObject({ status: "failed", waiting: null, error: { ...error, registry } });
    expect(job.error?.detail).toMatch(detail);
    expect(await to.tags(name)).toEqual(tags);
    expect((await to.writes()).slice(writes).filter(({ kind }) => kind !== "blob")).toEqual([]);
  }
  expect(longestText(job)).toBeLessThan(2_500);
  await vi.waitFor(async () => {
    expect(await to.counts()).toMatchObject({ openUploads: row.lost ?? 0 });
    const requests = [...(await from.requests()), ...(await to.requests())];
    expect(requests.filter(({ ended }) => !ended)).toEqual([]);
  }, LINGER_MS);
  const requests = await from.requests();
  const forTokens = requests.filter(({ server }) => server === "token").length;
  expect(forTokens).toBeLessThanOrEqual(row.tokensAsked ?? ASKED);
  expect(requests.length - forTokens).toBeLessThanOrEqual(row.asked ?? ASKED);
  expect(requests.reduce((sum, { bytesOut }) => sum + bytesOut, 0)).toBeLessThanOrEqual(row.read ?? READ_BYTES);
}

export const bytesOf = (text: string) => Uint8Array.from(new TextEncoder().encode(text));

function described(mediaType: string, text: string): Descriptor {
  const bytes = bytesOf(text);
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
}

/** The digest of nothing that is anywhere. */
export const digestNumber = (number: number) => `sha256:${number.toString(16).padStart(64, "0")}`;

export async function putBlob(at: RemoteRegistry, name: string, mediaType: string, text: string): Promise<Descriptor> {
  await at.putBlob(name, bytesOf(text));
  return described(mediaType, text);
}

/** Stores a manifest's text at the source, by its digest or a tag. */
export async function putText({ from, name }: Attempt, mediaType: string, text: string, tag?: string): Promise<Descriptor> {
  const descriptor = described(mediaType, text);
  await from.putManifest(name, tag ?? descriptor.digest, mediaType, bytesOf(text));
  return descriptor;
}

/** Stores the image under `1.0`, with these fields in place of, or beside, the honest ones. */
export function putImage(attempt: Attempt, fields: object = {}, tag: string | undefined = "1.0"): Promise<Descriptor> {
  const { config, layer } = attempt;
  return putText(attempt, MANIFEST, JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer], ...fields }), tag);
}

/** One more image at the source, which its number tells from others, under its digest. */
export function putChild(attempt: Attempt, number = 0, padding = ""): Promise<Descriptor> {
  const { config, layer } = attempt;
  const fields = { config, layers: [layer], annotations: { number: String(number), padding } };
  return putText(attempt, MANIFEST, JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, ...fields }));
}

export function putIndex(attempt: Attempt, manifests: readonly object[], tag?: string, more = ""): Promise<Descriptor> {
  return putText(attempt, INDEX, `{"schemaVersion":2,"mediaType":"${INDEX}","manifests":${JSON.stringify(manifests)}${more}}`, tag);
}

/** The honest image with a piece of JSON after its last field. */
export function putImageWith(attempt: Attempt, more: string): Promise<Descriptor> {
  const { config, layer } = attempt;
  const fields = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] }).slice(0, -1);
  return putText(attempt, MANIFEST, `${fields}${more}}`, "1.0");
}

/** An honest image, and a fault of one side for every request that matches. */
export function answering(side: "from" | "to", rule: Omit<FaultRule, "action">, action: FaultAction): NonNullable<HostileRow["given"]> {
  return async (attempt) => {
    await putImage(attempt);
    await attempt[side].fail({ times: "always", ...rule, action });
  };
}

function longestText(job: JobDocument): number {
  let longest = 0;
  JSON.stringify(job, (_, value: unknown) => {
    longest = Math.max(longest, typeof value === "string" ? value.length : 0);
    return value;
  });
  return longest;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not ended after ${ms} ms`)), ms);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
