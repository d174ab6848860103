/** Checks what holds for every query: each parameter is known, and is given once. */
import { type Fault, pointerTo } from "../schema/validate.ts";

/** Returns a fault for each parameter that is not known or is given more than once. */
export function parameterFaults(parameters: URLSearchParams, known: readonly string[]): Fault[] {
  const faults: Fault[] = [];
  for (const name of new Set(parameters.keys())) {
    if (!known.includes(name)) {
      faults.push({ detail: "is not a known query parameter", pointer: pointerTo(name) });
    } else if (parameters.getAll(name).length > 1) {
      faults.push({ detail: "was given more than once", pointer: pointerTo(name) });
    }
  }
  return faults;
}
