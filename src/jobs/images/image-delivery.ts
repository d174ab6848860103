/** What is brought to a destination repository of an image, and by which means. */
import type { Selection } from "../../copy/select-platforms.ts";
import type { WalkedManifest } from "../../copy/walk.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Reference } from "../../oci/reference.ts";
import type { Delivery } from "../referrers/deliver-referrers.ts";
import type { ImageContent } from "./image-content.ts";
import type { ImageRow, TargetRow } from "./image-rows.ts";
import type { ReadManifest } from "./read-manifest.ts";

/** What is delivered: `tree` are the manifests of the selection and of what is attached to it, as `PlanTarget` and `PlanReferrers` give them. */
export interface ImageDelivery {
  image: ImageRow;
  source: Reference;
  selection: Selection;
  tree: readonly WalkedManifest[];
  /** What of the target's rows belongs to this image. @default everything */
  content: ImageContent | undefined;
  /** Reads a manifest of the source that is not stored with the job. */
  readManifest: ReadManifest;
}

/** A target, and what is done with manifests there. */
export interface TargetAccess extends Delivery {
  target: TargetRow;
  /** What a tag stands for there; `undefined` where it is not there. */
  look(tag: string): Promise<Digest | undefined>;
}
