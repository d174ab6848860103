/** Whether rules allow the copies of a request. Pure. */
import { destinationReference, repositoryName, sourceReference } from "../oci/reference.ts";
import { allows, type CopyRule } from "../policy.ts";
import { type Fault, pointerTo } from "../schema/validate.ts";
import type { CopyRequest, ShownRequest } from "./copy-request.ts";

/** The rules of one party that has to agree to a copy. */
export interface Permission {
  /** Whose rules these are; completes "is not allowed …". */
  who: string;
  /** `undefined` allows everything. */
  rules: readonly CopyRule[] | undefined;
}

/** Returns the operator's permission, `POLICY`, which every copy needs, whoever asks for it. */
export function policyPermission({ policy }: { policy: readonly CopyRule[] | undefined }): Permission {
  return { who: "by POLICY", rules: policy };
}

/**
 * Returns a fault for each pair of source and destination of a (validated) request that one of the permissions does not cover, saying whose it is. All
 * permissions have to agree; no faults mean that the whole request is allowed.
 */
export function permissionFaults(request: CopyRequest | ShownRequest, permissions: readonly Permission[]): Fault[] {
  const source = sourceReference(request.source);
  const from = repositoryName(source);
  const faults: Fault[] = [];
  const destinations = [request.destination].flat();
  for (const [index, text] of destinations.entries()) {
    const to = repositoryName(destinationReference(text, source));
    const pointer = destinations.length === 1 ? pointerTo("destination") : pointerTo("destination", index);
    for (const { who, rules } of permissions) {
      const decision = rules === undefined ? { allowed: true as const } : allows(rules, from, to);
      if (!decision.allowed) {
        faults.push({ detail: `is not allowed ${who}, from ${from} to ${to}: ${decision.reason}`, pointer });
      }
    }
  }
  return faults;
}
