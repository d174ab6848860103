/** What one upload gets from the repository that it belongs to. */
import type { Effects } from "../net/effects.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { BlobName } from "./blob-read.ts";
import type { UploadPlan } from "./profiles.ts";
import type { Scope, Transport } from "./request.ts";
import type { RefusedBody } from "./upload-plan.ts";

/** What an upload needs of its repository. */
export interface UploadContext {
  transport: Transport;
  name: BlobName;
  /** What the token of each request has to allow. */
  scopes: readonly Scope[];
  effects: Effects;
  /** The plan that the upload was begun with. */
  plan: UploadPlan;
  /** Whether the registry has the blob, as far as it can tell. */
  hasBlob(blob: Descriptor): Promise<boolean>;
  /** Told that a body was refused; returns whether there is another plan to begin again with. */
  fallBack(used: UploadPlan, refused: RefusedBody): boolean;
  /** Ends the upload's requests, but for the one that gives it back. */
  signal?: AbortSignal;
}
