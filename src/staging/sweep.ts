/** Removes from the stage what has not been used for long. Each call, from a cron, does a bounded amount of work and says where the next begins. */
import { type Failure, failureOf } from "../oci/errors.ts";
import { abandonUpload } from "./abandon.ts";
import { inStage } from "./failures.ts";
import { BLOBS, blobKey, expired, MARKERS, markerKey, parseKey, parseMarker, UPLOADS, uploadsOf, vouchesFor } from "./keys.ts";

/** Objects looked at in one call. R2 lists at most 1,000 at a time. */
const MOST_OBJECTS = 1_000;

/** Objects dealt with side by side: an invocation may have six connections waiting for headers. */
const WIDTH = 5;

/** R2 aborts unfinished uploads itself after seven days (R2 docs, "Object lifecycles"): no upload is left behind a record of that age. */
const UPLOAD_GONE_MS = 8 * 24 * 60 * 60 * 1000;

/** Calls of the bucket that one object takes at most: its marker and its blob are looked at and removed, and its uploads looked for. */
const CALLS_PER_OBJECT = 5;

/** Calls that a step needs at least to get any further: a list, and what is dealt with side by side. */
export const LEAST_CALLS = 1 + WIDTH * CALLS_PER_OBJECT;

/** Upload records of one blob that are looked at. A blob has one writer at a time; more records are of uploads that crashed. */
const MAX_RECORDS_OF_BLOB = 10;

/** Which kind of object is swept after which. */
const AFTER: Readonly<Record<string, string | undefined>> = { [BLOBS]: MARKERS, [MARKERS]: UPLOADS };

/** How much one call does, and where it begins. */
export interface SweepLimits {
  /** Objects to look at. @default 1000, which is also the most */
  objects?: number;
  /** Calls of the bucket to make; at least {@link LEAST_CALLS}. @default no limit */
  calls?: number;
  /** Where the last call ended. @default the beginning */
  cursor?: string;
}

/** What one call did. */
export interface SweepResult {
  /** Blobs removed, staged and unchecked ones. */
  deleted: number;
  /** Uploads given up. */
  aborted: number;
  /** Objects that could not be dealt with. They are passed over, so that none of them keeps the sweep from the others. */
  failed: number;
  /** What went wrong with the first of these. */
  failure?: Failure;
  /** Calls of the bucket that were made. */
  calls: number;
  /** Where to go on; unset once everything has been looked at. */
  cursor?: string;
}

interface Listed {
  key: string;
  uploaded: Date;
}

type Swept = "deleted" | "aborted" | undefined;

/** Told of so many calls of the bucket before they are made. */
type Spend = (calls: number) => void;

/**
 * One step of a sweep: looks at the next objects and removes those not used for `ttlMs`.
 *
 * Blobs go with their markers, the marker first, so that no blob ever counts as staged that is not there; objects that were never
 * checked go when they are that old and no upload of the blob is on record; uploads on record are aborted. What a job has kept (see
 * `BlobStage.keep`) within `ttlMs` is never touched, and keys outside the schema never at all. Call it until there is no `cursor`.
 * Fails where the bucket can't be listed.
 */
export async function sweepStage(bucket: R2Bucket, nowMs: number, ttlMs: number, limits: SweepLimits = {}): Promise<SweepResult> {
  const limit = Math.min(limits.objects ?? MOST_OBJECTS, MOST_OBJECTS);
  const { cursor, calls: mostCalls = Number.POSITIVE_INFINITY } = limits;
  const prefix = [BLOBS, MARKERS, UPLOADS].find((kind) => cursor?.startsWith(kind)) ?? BLOBS;
  const page = await inStage("list the stage", () =>
    bucket.list({ prefix, limit, ...(cursor === undefined || cursor === prefix ? {} : { startAfter: cursor }) }),
  );
  const old = page.objects.filter(({ uploaded }) => isOld(uploaded));
  const result: SweepResult = { deleted: 0, aborted: 0, failed: 0, calls: 1 };
  const spend: Spend = (calls) => {
    result.calls += calls;
  };
  for (let index = 0; index < old.length; index += WIDTH) {
    if (result.calls + WIDTH * CALLS_PER_OBJECT > mostCalls) {
      return { ...result, cursor: old[index - 1]?.key ?? cursor ?? prefix };
    }
    const objects = old.slice(index, index + WIDTH);
    for (const outcome of await Promise.allSettled(objects.map((object) => sweepObject(bucket, object, isOld, nowMs, spend)))) {
      if (outcome.status === "rejected") {
        result.failed++;
        result.failure ??= failureOf(outcome.reason);
      } else if (outcome.value !== undefined) {
        result[outcome.value]++;
      }
    }
  }
  const next = page.truncated ? page.objects.at(-1)?.key : AFTER[prefix];
  return next === undefined ? result : { ...result, cursor: next };

  function isOld(uploaded: Date): boolean {
    return expired(uploaded.getTime(), nowMs, ttlMs);
  }
}

async function sweepObject(
  bucket: R2Bucket,
  object: Listed,
  isOld: (uploaded: Date) => boolean,
  nowMs: number,
  spend: Spend,
): Promise<Swept> {
  const { digest, uploadId } = parseKey(object.key) ?? {};
  if (digest === undefined) {
    return undefined;
  }
  return await inStage("sweep the stage", async () => {
    if (uploadId !== undefined) {
      spend(2);
      const gone = await abandonUpload(bucket, digest, uploadId);
      if (!gone && nowMs - object.uploaded.getTime() > UPLOAD_GONE_MS) {
        await bucket.delete(object.key);
      }
      return gone ? "aborted" : undefined;
    }
    spend(2);
    const [blob, marker] = await Promise.all([bucket.head(blobKey(digest)), bucket.get(markerKey(digest))]);
    const content = marker === null ? undefined : parseMarker(await marker.text());
    if (vouchesFor(content, blob)) {
      if (marker === null || !isOld(marker.uploaded)) {
        return undefined;
      }
    } else if ((blob !== null && !isOld(blob.uploaded)) || (await hasUpload(bucket, uploadsOf(digest), isOld, spend))) {
      return undefined;
    }
    spend(2);
    await bucket.delete(markerKey(digest));
    await bucket.delete(blobKey(digest));
    return blob === null ? undefined : "deleted";
  });
}

/** Whether an upload in use is on record: its object may be there already and under check. */
async function hasUpload(bucket: R2Bucket, prefix: string, isOld: (uploaded: Date) => boolean, spend: Spend): Promise<boolean> {
  spend(1);
  const { objects } = await bucket.list({ prefix, limit: MAX_RECORDS_OF_BLOB });
  return objects.some(({ uploaded }) => !isOld(uploaded));
}
