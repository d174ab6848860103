/** Positions in headers: `Content-Range` of a partial answer, and `Range` of an upload's state. */

/** A part of some content. Positions in bytes; both ends belong to the part. */
export interface ByteRange {
  first: number;
  last: number;
  /** Size of the whole; missing where the server does not say. */
  total?: number;
}

/**
 * Parses `bytes 0-499/1234`, or with `*` for an unknown size (RFC 9110 §14.4). `undefined` where there is no such header, for an
 * unsatisfied range, which has no positions, and where the numbers contradict each other.
 */
export function parseContentRange(value: string | null): ByteRange | undefined {
  const match = /^bytes[ =](\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/i.exec((value ?? "").trim());
  if (match === null) {
    return undefined;
  }
  const first = Number(match[1]);
  const last = Number(match[2]);
  const total = match[3] === "*" ? undefined : Number(match[3]);
  const isTrue = first <= last && Number.isSafeInteger(last) && (total === undefined || (last < total && Number.isSafeInteger(total)));
  return isTrue ? { first, last, ...(total !== undefined && { total }) } : undefined;
}

/**
 * How many bytes of an upload the registry holds, by the `Range` of its answer: 500 for `0-499`, `bytes=0-499` or `bytes 0-499` (Q85), 0 for `0--1` (Q86).
 * `undefined` where there is no such header, or one that does not begin at 0 or makes no sense.
 *
 * Some registries say `0-0` for an upload without any byte (Q86): the caller, who knows whether it has sent any, must not take the 1 for true then.
 */
export function parseUploadRange(value: string | null): number | undefined {
  const last = /^(?:bytes[ =])?0-(-1|\d{1,16})$/i.exec((value ?? "").trim())?.[1];
  if (last === undefined || !Number.isSafeInteger(Number(last))) {
    return undefined;
  }
  return Number(last) + 1;
}
