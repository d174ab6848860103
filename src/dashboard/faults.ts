/** Which field of a form a fault is about: problem documents name places by JSON pointer. Pure. */
import type { Problem } from "../jobs/document.ts";
import { percentDecoded } from "./percent.ts";
import { capitalized } from "./words.ts";

type Fault = NonNullable<Problem["errors"]>[number];

/** The steps of a pointer as it stands in a URL's fragment (RFC 6901 §6): `#/labels/a~1b` is `labels`, `a/b`. */
export function pathOf(pointer: string): string[] {
  const text = pointer.replace(/^#/, "");
  return text
    .split("/")
    .slice(1)
    .map((step) => percentDecoded(step).replaceAll("~1", "/").replaceAll("~0", "~"));
}

/**
 * What is wrong with the field at `path`, as a sentence; undefined where nothing is. Includes faults of its parts (`destination/3`), unless `isExact`:
 * the parts then have fields of their own.
 */
export function faultOf(faults: readonly Fault[], path: readonly string[], isExact = false): string | undefined {
  const found = faults.filter(({ pointer }) => {
    const place = pathOf(pointer);
    return path.every((step, index) => place[index] === step) && (!isExact || place.length === path.length);
  });
  return found.length === 0 ? undefined : found.map((fault) => sentence(fault, path.length)).join(" ");
}

/** The faults that none of the given fields shows. */
export function otherFaults(faults: readonly Fault[], fields: readonly string[]): Fault[] {
  return faults.filter(({ pointer }) => !fields.includes(pathOf(pointer)[0] ?? ""));
}

/** The fault as a sentence. Entries of a list are counted from 1. */
function sentence({ detail, pointer }: Fault, depth: number): string {
  const [step] = pathOf(pointer).slice(depth);
  const place = step === undefined ? "" : /^\d+$/.test(step) ? `No. ${Number(step) + 1} ` : `${step} `;
  return `${place === "" ? capitalized(detail) : `${place}${detail}`}${/[.!?]$/.test(detail) ? "" : "."}`;
}
