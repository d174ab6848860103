/** The ladder for one blob at one destination repository, each rung cheaper than the next: there already, mounted, carried. */
import { untilAborted } from "../net/abort.ts";
import { emptyStream } from "../net/empty-stream.ts";
import { backoffMs } from "../net/retry-policy.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, createHasher } from "../oci/digest.ts";
import { CopyError, failureOf } from "../oci/errors.ts";
import type { BlobBody, BlobSource, BlobUpload, ContentTarget } from "../oci/store.ts";
import { type CarryOptions, carry } from "./carry.ts";

/** How a blob got to where it is: it was there, the registry took it from another repository of its own, or its bytes were sent. */
export type Placement = "existing" | "mounted" | "copied";

/**
 * Times that an upload of a blob is begun in one call: one for each of the three upload ways, and one after a lost session or bytes that were damaged on
 * their way.
 */
export const MAX_STARTS = 4;

/** How a blob is brought to its place, and from where it may be mounted instead. */
export interface PlaceOptions extends CarryOptions {
  /** A repository of the destination's own registry that has the blob. */
  mountFrom?: string;
  /** Whether the `HEAD` comes before a mount all the same: what is there already then counts as such, and nothing is written for it. @default false */
  lookFirst?: boolean;
  /** Takes work that must go on after an abort: giving back an upload session whose request was under way. */
  leave: (work: Promise<unknown>) => void;
  /** Told of each upload that bytes are sent in, before the first of them. */
  onUpload?: (upload: BlobUpload) => void;
}

/**
 * The ladder's rungs that move no bytes. Returns the upload that a refused mount has opened, for {@link sendBlob} or to be cancelled.
 *
 * With `mountFrom` the mount comes first, not the `HEAD`: one request either way where it works, and the upload session that a refusal opens is
 * used or given back. Fails with what the target fails with; where it fails or is aborted, an upload that was opened is given back by way of `leave`.
 */
export async function lookForBlob(
  blob: Descriptor,
  target: ContentTarget,
  { signal, mountFrom, lookFirst = false, leave }: Pick<PlaceOptions, "signal" | "mountFrom" | "lookFirst" | "leave">,
): Promise<"existing" | "mounted" | { begun?: BlobUpload }> {
  if (mountFrom === undefined || lookFirst) {
    if (await untilAborted(signal, target.hasBlob(blob))) {
      return "existing";
    }
    if (mountFrom === undefined) {
      return {};
    }
  }
  const mounting = target.mountBlob(blob, mountFrom);
  try {
    const mounted = await untilAborted(signal, mounting);
    if (mounted === "mounted") {
      return mounted;
    }
    if (!lookFirst && (await untilAborted(signal, target.hasBlob(blob)))) {
      await giveBack(mounted, { signal, leave });
      return "existing";
    }
    return { begun: mounted };
  } catch (error) {
    leave(mounting.then((mounted) => (mounted === "mounted" ? undefined : mounted.cancel())).catch(() => {}));
    throw error;
  }
}

/**
 * The last rung: sends the bytes, in the upload that was begun `before` or in one of its own.
 *
 * Fails with what `carry` and the two sides fail with; the upload is then cancelled at the registry, so that nothing is left behind.
 */
export async function sendBlob(
  blob: Descriptor,
  source: BlobSource,
  target: ContentTarget,
  options: PlaceOptions,
  before?: BlobUpload,
): Promise<void> {
  const { signal } = options;
  let begun = before;
  let damaged = false;
  for (let start = 1; ; start++) {
    const { upload, body } = await open(blob, source, target, begun, options);
    begun = undefined;
    options.onUpload?.(upload);
    try {
      await carry(blob, source, upload, options, body);
      return;
    } catch (error) {
      await giveBack(upload, options);
      const failure = failureOf(error);
      const again = failure.retry === "now" || (failure.code === "digest-mismatch" && failure.side === "source" && !damaged);
      damaged ||= failure.code === "digest-mismatch";
      if (signal.aborted || !again || start >= MAX_STARTS) {
        throw error;
      }
      if (start > 1) {
        const { effects, retry } = options;
        await effects.sleep(backoffMs(retry, start, effects.random()), signal);
      }
    }
  }
}

/** Gives an upload back; once the signal is aborted nobody waits for the registry's answer to that. */
export async function giveBack(upload: BlobUpload, { signal, leave }: Pick<PlaceOptions, "signal" | "leave">): Promise<void> {
  const given = upload.cancel();
  leave(given);
  await untilAborted(signal, given).catch(() => {});
}

/** Opens both ends side by side: the source's answer and the upload session don't wait for each other. */
async function open(
  blob: Descriptor,
  source: BlobSource,
  target: ContentTarget,
  begun: BlobUpload | undefined,
  { signal, leave }: PlaceOptions,
): Promise<{ upload: BlobUpload; body: BlobBody }> {
  const starting = begun === undefined ? target.startUpload(blob) : Promise.resolve(begun);
  const [body, upload] = await Promise.allSettled([
    untilAborted(signal, blob.size === 0 ? emptyBody(blob) : source.openBlob(blob, 0)),
    untilAborted(signal, starting),
  ]);
  if (body.status === "fulfilled" && upload.status === "fulfilled") {
    return { body: body.value, upload: upload.value };
  }
  leave(starting.then((session) => session.cancel()).catch(() => {}));
  if (body.status === "fulfilled") {
    body.value.stream.cancel().catch(() => {});
  }
  throw body.status === "rejected" ? body.reason : (upload as PromiseRejectedResult).reason;
}

/** A blob of no bytes needs no request to the source: its digest says all. */
async function emptyBody(blob: Descriptor): Promise<BlobBody> {
  if (createHasher(algorithmOf(blob.digest)).digest() !== blob.digest) {
    throw new CopyError({
      code: "manifest-invalid",
      message: `${blob.digest} can't be the digest of 0 bytes`,
      retry: "never",
      side: "source",
    });
  }
  return { stream: emptyStream(), offset: 0 };
}
