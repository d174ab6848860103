/** What holds for the query of every operation: each parameter is known and stands once. */
import { type Fault, pointerTo } from "../schema/validate.ts";

/** The faults of parameters that the operation does not know or that were given more than once; none where all is well. */
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
