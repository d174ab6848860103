/** How far a thing is at all destination repositories together. Pure. */
import type { BlobPlace, ManifestPlace } from "../jobs/document.ts";

export type PlaceState = BlobPlace["status"] | ManifestPlace["status"];

export interface Overall {
  /** Pending until it is everywhere; then how it came there, at the first place where it had to be brought. Undefined where it has to be nowhere. */
  state: PlaceState | undefined;
  /** Places where it is, of all where it has to be. */
  done: number;
  total: number;
}

export function overallOf(places: readonly { status: PlaceState }[]): Overall {
  const done = places.filter(({ status }) => status !== "pending");
  const brought = done.find(({ status }) => status !== "existing") ?? done[0];
  const state = done.length < places.length ? "pending" : brought?.status;
  return { state, done: done.length, total: places.length };
}

/** The words for a state; where there are several places, with at how many it is. */
export function overallInWords({ state, done, total }: Overall): string {
  if (state === undefined) {
    return "not needed";
  }
  const word = { pending: "pending", existing: "there already", done: "put", copied: "copied", mounted: "mounted" }[state];
  return state === "pending" && total > 1 ? `${done} of ${total}` : word;
}
