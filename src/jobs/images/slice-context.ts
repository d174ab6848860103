/** What the steps of copying an image are given: rows, the two ends, carriers, and ways to say how it goes. */
import type { DigestTags } from "../../copy/digest-tags.ts";
import type { Effects } from "../../net/effects.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ContentDirectory } from "../../oci/directory.ts";
import type { Failure, Side } from "../../oci/errors.ts";
import type { RepositoryReference } from "../../oci/reference.ts";
import type { ContentSource, ContentTarget, ManifestSource } from "../../oci/store.ts";
import type { CopyRequest } from "../../request/copy-request.ts";
import type { BlobRows } from "../blobs/blob-rows.ts";
import type { CarryBlob } from "../blobs/carry-task.ts";
import type { StageView } from "../blobs/stage-policy.ts";
import type { DestinationLink } from "../destinations/destination-link.ts";
import type { Gate } from "../gate.ts";
import type { RequestKind } from "../hosts/admission.ts";
import type { ReferrerRows } from "../referrers/referrer-rows.ts";
import type { ListingRows } from "../tags/listing-rows.ts";
import type { SurveyRows } from "../tags/survey-rows.ts";
import type { ContentRows } from "./content-rows.ts";
import type { ImageRows } from "./image-rows.ts";
import type { PlanRows } from "./plan-rows.ts";

/** Manifests asked for or put at once, in the job's own invocation: six connections may wait for headers there. */
export const MANIFEST_WIDTH = 4;

/** What the steps of one slice share. */
export interface SliceContext {
  /** What was asked for; its options say how images are copied. */
  request: CopyRequest;
  images: ImageRows;
  content: ContentRows;
  blobs: BlobRows;
  referrers: ReferrerRows;
  /** Of a job over many tags: how far the list is read, and which tags made trouble, … */
  listing: ListingRows;
  /** … and what is to be asked of them, many at a time. */
  survey: SurveyRows;
  /** Registries that are left alone for the rest of this slice, and why. */
  closed: Map<string, Failure>;
  /** What a dry run finds out. */
  plans: PlanRows;
  /** What decides which blobs are staged. */
  staging: StageView;
  /** Blobs that are being brought in this slice, by target and digest; each resolves when that is over. */
  bringing: Map<string, Promise<void>>;
  /** Blobs that are being staged in this slice. */
  stagings: Map<Digest, Promise<"staged" | "stopped">>;
  /** Opens a repository as a source. A cancel ends its requests; the same for the two below. */
  openSource(name: RepositoryReference): ContentSource;
  openTarget(name: RepositoryReference): ContentTarget & ManifestSource;
  openDirectory(side: Side, name: RepositoryReference): ContentDirectory;
  /** What is known in this slice of the tags of source repositories, by the names of these. */
  digestTags: Map<string, DigestTags>;
  /**
   * Fails with the pause that a host asked for and that is still to be kept, `counted` requests also with that for its quota; and with why the host is
   * left alone in this slice.
   */
  admit(registry: string, side: Side, kind?: RequestKind): Promise<void>;
  /** The object that watches over a destination repository. */
  destination(name: RepositoryReference): DestinationLink;
  /** The job, as holder of leases and tags. */
  holder: string;
  effects: Effects;
  /** Runs an errand once it is its turn; it comes back as one that time ran out for where that is not in this slice. */
  carry: CarryBlob;
  /** Bounds how many carriers the job has at work. */
  gate: Gate;
  /** Shared by all that look for or put manifests, at several registries side by side; {@link MANIFEST_WIDTH} wide. */
  manifestGate: Gate;
  /** Aborted by a cancel; its reason is the `cancelled` failure. */
  cancelled: AbortSignal;
  /** Whether this slice has time to begin another blob. */
  hasTime(): boolean;
  /** Whether a transfer that can't be left may still go on: a little past the slice's end. */
  hasGrace(): boolean;
  /** Notes that the source ignores ranges, from the next slice on. */
  noteIgnoredRanges(): void;
  /** Called after every step that brought the job forward. */
  forward(): void;
  /** Called with the bytes that have just crossed the wire, and with their negative sum when a blob's row takes them over. */
  sending(bytes: number): void;
  /** Called with what asks for a pause that a carrier keeps in the middle of a blob. */
  pausing(failure: Failure): void;
}

/** Manifests asked for or put at once at one registry: its share, so that one which does not answer leaves the others theirs. */
export function manifestWidth({ staging }: SliceContext): number {
  return Math.max(1, Math.floor(MANIFEST_WIDTH / staging.registries));
}
