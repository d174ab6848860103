/** A copy that can't succeed, and what must hold after it whatever the reason was. */
import { expect } from "vitest";
import { expectNoUploads } from "../support/copied-image.ts";
import { copy, freshName, registry } from "../support/copy-service.ts";
import type { ImageSummary } from "../support/images/deliver.ts";
import type { RegistryOptions } from "../support/registry/fake-registry.ts";
import type { FaultAction, FaultRule } from "../support/registry/faults.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

/** Size of the one layer of the image that is not copied. */
export const LAYER_BYTES = 300_000;

/** A copy of an image of one layer and a config, under the tag `1.0` of one name in two registries. */
interface Attempt {
  from: RemoteRegistry;
  to: RemoteRegistry;
  name: string;
  image: ImageSummary;
}

export interface RefusedCase {
  what: string;
  /** What the two registries are. */
  is?: { from?: RegistryOptions; to?: RegistryOptions };
  prepare?: (attempt: Attempt) => unknown;
  /** @default the image, by its tag */
  source?: (attempt: Attempt) => string;
  /** @default the same name in the other registry */
  destination?: (attempt: Attempt) => string;
  error: { code: string; side: "source" | "destination"; upstream?: { status?: number; code?: string } };
  /** The registry that the error names. @default the one of its side */
  names?: string;
}

/**
 * Makes the copy and expects it to fail with the case's error, within the time that `copy` grants, and the destination to have no
 * tag, no content but the image's own, and no open upload.
 */
export async function expectRefused({ is = {}, prepare, source, destination, error, names }: RefusedCase): Promise<void> {
  const [from, to, name] = [await registry(is.from), await registry(is.to), freshName()];
  const image = await from.putImage(name, "1.0", { seed: "refused", platforms: ["linux/amd64"], index: "none", layers: [LAYER_BYTES] });
  const attempt = { from, to, name, image };
  await prepare?.(attempt);
  const [tags, writes] = [await to.tags(name), await to.writes()];

  const job = await copy(source?.(attempt) ?? `${from.host}/${name}:1.0`, destination?.(attempt) ?? `${to.host}/${name}:1.0`);

  const expected = { ...error, registry: names ?? (error.side === "source" ? from : to).host };
  expect(job).toMatchObject({ status: "failed", waiting: null, error: expected });
  expect(job.images[0]?.destinations).toMatchObject([{ status: "failed", digest: null, error: expected }]);
  expect(await to.tags(name)).toEqual(tags);
  await expectNoUploads(to);
  const right = new Set([...image.blobs, ...image.manifests].map(({ digest }) => digest));
  const written = (await to.writes()).slice(writes.length);
  expect(written.filter(({ digest }) => !right.has(digest))).toEqual([]);
}

/** A fault at one side, for every request that matches. */
export function at(side: "from" | "to", rule: Omit<FaultRule, "action">, action: FaultAction): NonNullable<RefusedCase["prepare"]> {
  return (attempt) => attempt[side].fail({ times: "always", ...rule, action });
}

/** A fault of the source, whenever its layer is read. */
export function reading(action: FaultAction): NonNullable<RefusedCase["prepare"]> {
  return ({ from, image }) => {
    const layer = image.blobs.find(({ size }) => size === LAYER_BYTES);
    return from.fail({ method: "GET", path: `blobs/${layer?.digest}`, times: "always", action });
  };
}

/** What a registry answers to what is not allowed. */
export const DENIED: FaultAction = { status: 403, body: { errors: [{ code: "DENIED", message: "requested access is denied" }] } };

export function errorBody(code: string, message = "no"): { errors: { code: string; message: string }[] } {
  return { errors: [{ code, message }] };
}
