/**
 * Fields of the contract (§2) that are not implemented yet. They are refused by name rather than as unknown, except with the value
 * that means the same as leaving them out. An entry goes once its field works.
 */
import { type Fault, pointerTo } from "../schema/validate.ts";

/** Each field with its default, where giving that changes nothing. */
const UNSUPPORTED: ReadonlyMap<string, { default?: unknown }> = new Map([["tags", {}]]);

/** Takes those fields out of a request; each that asks for something is a fault. */
export function withoutUnsupported(fields: Readonly<Record<string, unknown>>): { fields: Record<string, unknown>; faults: Fault[] } {
  const faults: Fault[] = [];
  const kept = Object.entries(fields).filter(([name, value]) => {
    const field = UNSUPPORTED.get(name);
    if (field !== undefined && (field.default === undefined || field.default !== value)) {
      faults.push({ detail: unsupportedDetail(field.default), pointer: pointerTo(name) });
    }
    return field === undefined;
  });
  return { fields: Object.fromEntries(kept), faults };
}

function unsupportedDetail(usual: unknown): string {
  return usual === undefined ? "is not supported yet" : `is not supported yet with any value but ${JSON.stringify(usual)}`;
}
