/** What a caller may copy: the policy of the whole service and the rules of its token, both of which have to agree. */
import type { CopyRule } from "../policy.ts";
import type { CopyRequest } from "../request/copy-request.ts";
import { type Permission, permissionFaults, policyPermission } from "../request/permission.ts";
import { ApiError } from "./api-error.ts";
import type { Principal } from "./authenticate.ts";

/**
 * Passes where every source and destination pair of a (validated) request is allowed. Else fails with `forbidden`, naming each pair and
 * who refuses it.
 *
 * `policy` is left out where a job is only to be ended: a copy that the policy has come to forbid may always be stopped.
 */
export function authorizeCopy(request: CopyRequest, principal: Principal, policy: readonly CopyRule[] | undefined): void {
  const faults = permissionFaults(request, [policyPermission({ policy }), tokenPermission(principal)]);
  if (faults.length > 0) {
    throw new ApiError({ kind: "forbidden", faults });
  }
}

/** Returns the permission of a caller's token; an anonymous caller, and a token without `allow`, may do what `POLICY` allows. */
export function tokenPermission({ name, token }: Principal): Permission {
  return { who: `for the token "${name}"`, rules: token?.allow };
}
