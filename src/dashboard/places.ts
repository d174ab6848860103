/** How far a thing is at all destination repositories together. Pure. */
import type { BlobPlace, ManifestPlace } from "../jobs/document.ts";

/** The state of a manifest or blob at one repository. */
export type PlaceState = BlobPlace["status"] | ManifestPlace["status"];

/** The states at all repositories, summed up. */
export interface Overall {
  /**
   * `pending` until it is everywhere; then the state at the first repository to which it had to be brought, or `existing` where all had it. Undefined
   * where no repository needs it.
   */
  state: PlaceState | undefined;
  /** Places where it is, of all where it has to be. */
  done: number;
  total: number;
}

/** Sums the states at all repositories up. */
export function overallOf(places: readonly { status: PlaceState }[]): Overall {
  const done = places.filter(({ status }) => status !== "pending");
  const brought = done.find(({ status }) => status !== "existing") ?? done[0];
  const state = done.length < places.length ? "pending" : brought?.status;
  return { state, done: done.length, total: places.length };
}

/** A state in words; while it is pending at some of several places, at how many of them it is. */
export function overallInWords({ state, done, total }: Overall): string {
  if (state === undefined) {
    return "not needed";
  }
  const word = { pending: "pending", existing: "there already", done: "put", copied: "copied", mounted: "mounted" }[state];
  return state === "pending" && total > 1 ? `${done} of ${total}` : word;
}
