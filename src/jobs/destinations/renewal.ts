/** Keeps a job's leases alive while it works under them. */
import { whileRepeating } from "../../net/repeat-until.ts";
import type { Digest } from "../../oci/digest.ts";
import type { SliceContext } from "../images/slice-context.ts";
import type { DestinationLink } from "./destination-link.ts";

/** Far less than a lease lasts, and less than the ten seconds after which an object that nobody asks is put away. */
const LEASE_RENEW_MS = 4_000;

/** Runs `work` and renews the leases that `held` gives until it ends. */
export async function whileRenewed<T>(
  link: DestinationLink,
  slice: SliceContext,
  held: () => Digest[],
  work: () => Promise<T>,
): Promise<T> {
  // Where the destination's object can't be reached a lease runs out, which costs a second transfer and no more.
  return await whileRepeating(LEASE_RENEW_MS, slice.effects, () => link.renew(slice.holder, held()), work);
}
