import type { Digest } from "../../oci/digest.ts";

/** A condition on the column `digest`, and its bindings. @default digests no condition */
export function digestCondition(digests: readonly Digest[] | undefined): [condition: string, ...bindings: string[]] {
  return digests === undefined ? [""] : ["AND digest IN (SELECT value FROM json_each(?))", JSON.stringify(digests)];
}
