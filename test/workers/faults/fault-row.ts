/** One row of the fault table: a copy during which something goes wrong, and what must hold after it whatever that was. */
import { expect, inject, vi } from "vitest";
import type { JobDocument } from "../../../src/jobs/document.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { expectArrived } from "../../support/copied-image.ts";
import { freshName, jobEnd, submit } from "../../support/copy-service.ts";
import type { ImageSummary } from "../../support/images/deliver.ts";
import { claimRegistry, releaseRegistry } from "../../support/registry/claim.ts";
import type { RegistryOptions } from "../../support/registry/fake-registry.ts";
import type { FaultAction, FaultRule } from "../../support/registry/faults.ts";
import type { RemoteRegistry } from "../../support/registry/remote.ts";

/** Size of the one layer: several reads of the byte loop, the last of them not full. */
export const SIZE = 3_500_000;

/** What the engine may read or send twice where a connection breaks: one read of its own, and what was on the wire. */
const READ = 1024 * 1024;

/** Longest time from the submission to the job's end, in milliseconds. */
const LIMIT_MS = 15_000;

/** Longest time after that until the last connection has ended: a cancel may be on its way. */
const LINGER_MS = 5_000;

/** A copy of an image of one layer and a config, under the tag `1.0` of one name in two registries. */
export interface Attempt {
  from: RemoteRegistry;
  to: RemoteRegistry;
  name: string;
  image: ImageSummary;
  /** Digest of the layer. */
  layer: string;
}

export interface FaultRow {
  fault: string;
  side: "source" | "destination";
  /** What the two registries are. */
  from?: RegistryOptions;
  to?: RegistryOptions;
  /** Size of the layer. @default SIZE */
  size?: number;
  /** Whether there is an index over the image. @default "none" */
  index?: "flat" | "none";
  /** Sets the trap. */
  given?: (attempt: Attempt) => unknown;
  /** What happens while the job runs. */
  meanwhile?: (attempt: Attempt) => Promise<unknown>;
  /** How the job ends. @default it succeeds, with the digest that the tag had at first */
  error?: { code: string; side: "source" | "destination"; upstream?: { status?: number; code?: string } };
  /** How often the layer is read from the source, at most, beside one read of the engine. @default 1 */
  read?: number;
  /** How often it is sent to the destination, at most, likewise. @default 1 */
  sent?: number;
  /** How often the tag is written, always for the same digest. @default 1 */
  tagged?: number;
  /** Whether the destination has stopped reading from a connection, so that it can't notice the connection's end. @default false */
  deaf?: boolean;
  /** What else must have come of it. */
  also?: (attempt: Attempt, job: JobDocument) => unknown;
}

/**
 * Makes the copy and expects the row's outcome, within the time and the transfers that the row grants.
 *
 * In every case nothing bad is committed: every blob and manifest that became visible at the destination is one of the image's, its bytes
 * are its digest's, and the tag was written once after a success and never else. And nothing is left hanging: the job has ended, no upload is
 * open, and no request is under way.
 */
export async function expectOutcome(row: FaultRow): Promise<void> {
  const farm = inject("farm");
  const [from, to] = [await claimRegistry(farm, row.from ?? {}), await claimRegistry(farm, row.to ?? {})];
  try {
    await expectOutcomeBetween(from, to, row);
  } finally {
    await Promise.all([from, to].map((each) => releaseRegistry(farm, each)));
  }
}

async function expectOutcomeBetween(
  from: RemoteRegistry,
  to: RemoteRegistry,
  { size = SIZE, index = "none", ...row }: FaultRow,
): Promise<void> {
  const name = freshName();
  const image = await from.putImage(name, "1.0", { seed: "fault", platforms: ["linux/amd64"], index, layers: [size] });
  const layer = image.blobs.find((blob) => blob.size === size)?.digest ?? "";
  const attempt = { from, to, name, image, layer };
  await row.given?.(attempt);
  const before = (await to.writes()).length;
  const tags = await to.tags(name);

  const { id } = await submit(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
  const [job] = await Promise.all([within(LIMIT_MS, jobEnd(id)), row.meanwhile?.(attempt)]);

  const writes = (await to.writes()).slice(before);
  if (row.error === undefined) {
    expect(job).toMatchObject({ status: "succeeded", digest: image.digest, error: null, waiting: null });
    await expectArrived(image, { at: from, name }, { at: to, name });
    expect(await to.tags(name)).toEqual({ ...tags, "1.0": image.digest });
    expect(writes.filter(({ kind }) => kind === "tag")).toHaveLength(row.tagged ?? 1);
  } else {
    const registryOf = { source: from.host, destination: to.host };
    expect(job).toMatchObject({ status: "failed", waiting: null, error: { ...row.error, registry: registryOf[row.error.side] } });
    expect(await to.tags(name)).toEqual(tags);
  }
  const ours = new Set([...image.blobs, ...image.manifests].map(({ digest }) => digest));
  expect(writes.filter(({ digest }) => !ours.has(digest))).toEqual([]);
  for (const { digest } of writes.filter(({ kind }) => kind === "blob")) {
    const bytes = await to.blob(name, digest);
    expect(bytes && digestOf(bytes)).toBe(digest);
  }
  await vi.waitFor(async () => {
    expect(await to.counts()).toMatchObject({ openUploads: 0 });
    const requests = [...(await from.requests()), ...(row.deaf ? [] : await to.requests())];
    expect(requests.filter(({ ended }) => !ended)).toEqual([]);
  }, LINGER_MS);

  expect(await layerBytesRead(attempt)).toBeLessThanOrEqual((row.read ?? 1) * size + READ);
  expect(await bytesSent(attempt)).toBeLessThanOrEqual((row.sent ?? 1) * size + READ);
  await row.also?.(attempt, job);
}

/** A fault at one side, for the next request that matches unless the rule says otherwise. */
export function at(side: "from" | "to", rule: Omit<FaultRule, "action">, action: FaultAction): NonNullable<FaultRow["given"]> {
  return (attempt) => attempt[side].fail({ ...rule, action });
}

/** A fault where the source's layer is read. */
export function reading(action: FaultAction, rule: Omit<FaultRule, "action"> = {}): NonNullable<FaultRow["given"]> {
  return ({ from, layer }) => from.fail({ method: "GET", path: `blobs/${layer}`, ...rule, action });
}

/** A fault where the layer is put at the destination in one request, or committed. */
export function putting(action: FaultAction, rule: Omit<FaultRule, "action"> = {}): NonNullable<FaultRow["given"]> {
  return (attempt) => attempt.to.fail({ ...commitOf(attempt), ...rule, action });
}

/** Several faults at once. */
export function all(...given: NonNullable<FaultRow["given"]>[]): NonNullable<FaultRow["given"]> {
  return async (attempt) => {
    for (const each of given) {
      await each(attempt);
    }
  };
}

let gates = 0;

/** Holds up the first request that matches, does something to the registries meanwhile, and lets it go on. */
export function whileHeld(
  side: "from" | "to",
  rule: (attempt: Attempt) => Required<Pick<FaultRule, "method" | "path">> & Pick<FaultRule, "skip">,
  happens: (attempt: Attempt) => Promise<unknown>,
): Required<Pick<FaultRow, "given" | "meanwhile">> {
  const gate = `fault ${++gates}`;
  return {
    given: (attempt) => attempt[side].fail({ ...rule(attempt), action: { hold: gate } }),
    meanwhile: async (attempt) => {
      const { skip = 0, ...filter } = rule(attempt);
      await attempt[side].waitForRequests(filter, skip + 1);
      await happens(attempt);
      await attempt[side].release(gate);
    },
  };
}

/** The `PUT` that commits the layer. */
export function commitOf({ layer }: Attempt): { method: string; path: string } {
  return { method: "PUT", path: `/uploads/.*digest=${layer.replace(":", "(:|%3A)")}` };
}

/** Requests for the layer at the source, its storage host included. */
async function layerBytesRead({ from, layer }: Attempt): Promise<number> {
  const requests = [...(await from.requests({ method: "GET", path: `blobs/${layer}` })), ...(await from.requests({ server: "storage" }))];
  return requests.reduce((sum, { bytesOut }) => sum + bytesOut, 0);
}

async function bytesSent({ to }: Attempt): Promise<number> {
  return (await to.requests({ path: "upload" })).reduce((sum, { bytesIn }) => sum + bytesIn, 0);
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not ended after ${ms} ms`)), ms);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
