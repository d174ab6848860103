/** What a caller may copy: both the policy of the whole service and the rules of the caller's token have to allow it. */
import type { CopyRule } from "../policy.ts";
import type { CopyRequest, ShownRequest } from "../request/copy-request.ts";
import { type Permission, permissionFaults, policyPermission } from "../request/permission.ts";
import { ApiError } from "./api-error.ts";
import type { Principal } from "./authenticate.ts";

/**
 * Checks that a caller may make every copy of a (validated) request. Fails with `forbidden`, which names each pair of source and destination that is not
 * allowed, and by whose rules.
 *
 * For cancelling a job `policy` is `undefined`: a copy that the policy has meanwhile come to forbid may still be stopped.
 */
export function authorizeCopy(request: CopyRequest | ShownRequest, principal: Principal, policy: readonly CopyRule[] | undefined): void {
  const faults = permissionFaults(request, [policyPermission({ policy }), tokenPermission(principal)]);
  if (faults.length > 0) {
    throw new ApiError({ kind: "forbidden", faults });
  }
}

/** Returns the permission of a caller's token; an anonymous caller, and a token without `allow`, may do what `POLICY` allows. */
export function tokenPermission({ name, token }: Principal): Permission {
  return { who: `for the token "${name}"`, rules: token?.allow };
}
