/** How large the parts of a multipart upload are. Pure. */

const MIB = 1024 * 1024;

/** R2's limits (R2 docs, "Upload objects"): a part but the last has at least 5 MiB, at most 5 GiB, and all but the last the same size; 10,000 parts at most. */
export const MIN_PART_BYTES = 5 * MIB;
/** See {@link MIN_PART_BYTES}. */
export const MAX_PART_BYTES = 5 * 1024 * MIB;

/**
 * The usual part. A crash costs one part again and a slice can only end between two, so they should be small; each costs one class A
 * operation ($4.50 a million) and a round trip, so they should not be too small. 16 MiB take 5 minutes from a source of 55 KB/s,
 * and 5 GiB are 320 parts, 0.15 cents.
 */
const PART_BYTES = 16 * MIB;

/** Most parts, a tenth of what R2 takes; a larger blob has larger ones. A checkpoint lists them all, at some 150 bytes each, and must stay far under a row's 2 MB. */
const WANTED_PARTS = 1_024;

/** Most parts with `careful`: fewer, since the whole checkpoint is written again after each of them. */
const WANTED_CAREFUL_PARTS = 256;

/**
 * Returns how many bytes the parts of a blob have: 16 MiB up to 16 GiB, beyond that the least multiple of 16 MiB that makes no more than 1,024 parts. A
 * multiple of a MiB in any case, so that parts end where the reads end that the bytes come in.
 *
 * Use `careful` after repeated crashes: the parts are as small as R2 allows, where that makes no more than 256, and never larger than usual.
 */
export function partSizeFor(size: number, careful = false): number {
  const usual = Math.min(MAX_PART_BYTES, Math.max(1, Math.ceil(size / WANTED_PARTS / PART_BYTES)) * PART_BYTES);
  return careful ? Math.min(usual, Math.max(MIN_PART_BYTES, Math.ceil(size / WANTED_CAREFUL_PARTS / MIB) * MIB)) : usual;
}
