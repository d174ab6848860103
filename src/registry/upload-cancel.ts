/** Cancels an upload that will not be finished, so that the registry need not keep its bytes. */
import type { Effects } from "../net/effects.ts";
import { CopyError } from "../oci/errors.ts";
import { discard } from "./blob-read.ts";
import { failureSite } from "./errors.ts";
import type { Scope, Transport } from "./request.ts";

/** Longest time that it may take, in milliseconds. */
const CANCEL_MS = 10_000;

/**
 * Asks the registry to forget an upload (distribution-spec, "Canceling an Upload"). Never fails and never takes longer than
 * {@link CANCEL_MS}: many registries don't know the request or deny it, and all forget by themselves (Q31, Q106).
 */
export async function cancelUpload(transport: Transport, location: URL, scopes: readonly Scope[], effects: Effects): Promise<void> {
  const ending = new AbortController();
  const asked = transport.send({ method: "DELETE", url: location, scopes, signal: ending.signal });
  try {
    await Promise.race([asked.then(({ response }) => discard(response)), effects.sleep(CANCEL_MS, ending.signal)]);
  } catch {
    // Best effort.
  }
  const message = "The registry took too long to cancel an upload";
  ending.abort(new CopyError({ code: "timeout", message, retry: "never", ...failureSite(transport.endpoint) }));
}
