/** What a caller may copy: the policy of the whole service and the rules of its token, both of which have to agree. */
import type { CopyRule } from "../policy.ts";
import type { CopyRequest } from "../request/copy-request.ts";
import { permissionFaults } from "../request/permission.ts";
import { ApiError } from "./api-error.ts";
import type { Principal } from "./authenticate.ts";

/**
 * Passes where every source and destination pair of a (validated) request is allowed. Else fails with `forbidden`, naming each pair and
 * who refuses it.
 *
 * `policy` is left out where a job is only to be ended: a copy that the policy has come to forbid may always be stopped.
 */
export function authorizeCopy(request: CopyRequest, principal: Principal, policy: readonly CopyRule[] | undefined): void {
  const faults = permissionFaults(request, [
    { who: "by POLICY", rules: policy },
    { who: `for the token "${principal.name}"`, rules: principal.token?.allow },
  ]);
  if (faults.length > 0) {
    throw new ApiError({ kind: "forbidden", faults });
  }
}
