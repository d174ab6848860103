/** What a caller may copy: the policy of the whole service and the rules of its token, both of which have to agree. */

import { destinationReference, repositoryName, sourceReference } from "../oci/reference.ts";
import { allows, type CopyRule } from "../policy.ts";
import type { CopyRequest } from "../request/copy-request.ts";
import { type Fault, pointerTo } from "../schema/validate.ts";
import { ApiError } from "./api-error.ts";
import type { Principal } from "./authenticate.ts";

/**
 * Passes where every source and destination pair of a (validated) request is allowed. Else fails with `forbidden`, naming each pair and
 * who refuses it.
 *
 * `policy` is left out where a job is only to be ended: a copy that the policy has come to forbid may always be stopped.
 */
export function authorizeCopy(request: CopyRequest, principal: Principal, policy: readonly CopyRule[] | undefined): void {
  const source = sourceReference(request.source);
  const from = repositoryName(source);
  const faults: Fault[] = [];
  for (const [index, text] of request.destination.entries()) {
    const to = repositoryName(destinationReference(text, source));
    const pointer = request.destination.length === 1 ? pointerTo("destination") : pointerTo("destination", index);
    for (const [who, rules] of [
      ["by POLICY", policy],
      [`for the token "${principal.name}"`, principal.token?.allow],
    ] as const) {
      const decision = rules === undefined ? { allowed: true as const } : allows(rules, from, to);
      if (!decision.allowed) {
        faults.push({ detail: `is not allowed ${who}, from ${from} to ${to}: ${decision.reason}`, pointer });
      }
    }
  }
  if (faults.length > 0) {
    throw new ApiError({ kind: "forbidden", faults });
  }
}
