/** Whether rules let a request's copies be made. Pure. */
import { destinationReference, repositoryName, sourceReference } from "../oci/reference.ts";
import { allows, type CopyRule } from "../policy.ts";
import { type Fault, pointerTo } from "../schema/validate.ts";
import type { CopyRequest } from "./copy-request.ts";

/** Rules, and whose they are: completes "is not allowed …". */
export interface Permission {
  who: string;
  /** `undefined` allows everything. */
  rules: readonly CopyRule[] | undefined;
}

/** The pairs of source and destination of a (validated) request that one of the permissions does not cover, each with who refuses it. All have to agree. */
export function permissionFaults(request: CopyRequest, permissions: readonly Permission[]): Fault[] {
  const source = sourceReference(request.source);
  const from = repositoryName(source);
  const faults: Fault[] = [];
  for (const [index, text] of request.destination.entries()) {
    const to = repositoryName(destinationReference(text, source));
    const pointer = request.destination.length === 1 ? pointerTo("destination") : pointerTo("destination", index);
    for (const { who, rules } of permissions) {
      const decision = rules === undefined ? { allowed: true as const } : allows(rules, from, to);
      if (!decision.allowed) {
        faults.push({ detail: `is not allowed ${who}, from ${from} to ${to}: ${decision.reason}`, pointer });
      }
    }
  }
  return faults;
}
