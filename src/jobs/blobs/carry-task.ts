/** What goes to a carrier and comes back: plain values, since a call between Workers keeps no classes. */
import type { Placement } from "../../copy/place-blob.ts";
import type { BlobFate } from "../../copy/transfer-plan.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Failure } from "../../oci/errors.ts";
import type { RepositoryReference } from "../../oci/reference.ts";
import type { StageProgress } from "../../oci/stage.ts";
import type { UploadCheckpoint } from "../../oci/store.ts";

/**
 * An errand of a carrier for one blob.
 *
 * `lookFirst`: whether the target is looked at before a mount is tried.
 *
 * - `place`: down the whole ladder, from the source straight to the target.
 * - `look`: the ladder's rungs that move no bytes.
 * - `survey`: one `HEAD`, and what a copy would do; for a dry run.
 * - `prove`: whether the source has what the stage has of another job; see ensure-staged.ts.
 * - `stage`: from the source into the stage, for as long as the slice lasts; where it is begun `careful`, in small parts.
 * - `send`: from the stage to the target, for as long as the slice lasts.
 */
export type BlobTask = { blob: Descriptor } & (
  | {
      errand: "place";
      source: RepositoryReference;
      target: RepositoryReference;
      mountFrom: RepositoryReference[];
      lookFirst: boolean;
      mayUseStage: boolean;
    }
  | { errand: "look"; target: RepositoryReference; mountFrom: RepositoryReference[]; lookFirst: boolean }
  | { errand: "survey"; target: RepositoryReference; mountFrom: RepositoryReference[] }
  | { errand: "prove"; source: RepositoryReference }
  | { errand: "stage"; source: RepositoryReference; careful: boolean; progress?: StageProgress }
  | { errand: "send"; target: RepositoryReference; inPieces: boolean; checkpoint?: UploadCheckpoint }
);

/** What is to be found out of one tag. */
export interface TagQuestion {
  /** Row id of the image. */
  image: number;
  tag: string;
  /** Whether the source is to be asked too; not where an earlier answer still holds. */
  asksSource: boolean;
  /** Destinations to look at, each with its target's id. */
  destinations: { id: number; target: number }[];
  /** All destinations of the image that are pending. */
  all: number[];
}

/** Looks what many tags stand for, one `HEAD` for each at each end. `targets` by their ids. */
export interface TagsTask {
  errand: "tags";
  source: RepositoryReference;
  targets: (RepositoryReference & { id: number })[];
  questions: TagQuestion[];
}

/** What was seen of one tag, at one end at least. What was not asked any more is missing. Times are from right before the question, milliseconds since the epoch. */
export interface TagAnswer {
  image: number;
  /** What the source said, the root or a failure; missing where it was not asked. */
  source?: { askedAt: number; root?: Descriptor; failure?: Failure };
  /** By row ids. `found` is null where the tag is not there, and where a failure kept it from being seen. */
  destinations: { id: number; askedAt: number; found: Digest | null; failure?: Failure }[];
}

/** One errand, with everything that a carrier has to know for it. */
export type CarryTask = BlobTask | TagsTask;

/** How an errand ended. */
export type CarryResult =
  | { outcome: "placed"; placement: Placement; staged: boolean }
  /** Of `look`: the target does not have the blob. */
  | { outcome: "missing" }
  /** Of `survey`. */
  | { outcome: "surveyed"; fate: BlobFate }
  /** Of `tags`; where time was up or a registry is out of order, not all were asked. */
  | { outcome: "looked"; answers: TagAnswer[] }
  /** Of `stage` and `prove`: the stage has the blob, and the source has it too. */
  | { outcome: "staged" }
  /** The slice's time is up; `checkpoint` is where to go on with a `send`. */
  | { outcome: "stopped"; checkpoint?: UploadCheckpoint }
  /** `ranges: false`: the source was found to ignore ranges; `checkpoint` is where a `send` can go on once the failure has passed. */
  | { outcome: "failed"; failure: Failure; ranges?: false; checkpoint?: UploadCheckpoint };

/** What a carrier reports while it is at work. */
export interface CarryNews {
  /** Bytes sent to the target since the last report. */
  sent: number;
  /** The newest checkpoint of a blob on its way into the stage. */
  progress?: StageProgress;
  /** What asks for the pause that is being kept in the middle of the blob. */
  pause?: Failure;
  /** URL of the upload session that bytes are sent in, where it is another than at the last report; not of one that an earlier slice has left. */
  upload?: string;
}

/**
 * `wind-up`: the slice's time is over, stop where the blob can be left. `leave`: it is over for good, stop at once and keep of a `send` what can be
 * gone on with. `stop`: drop everything.
 */
export type CarryOrder = "go-on" | "wind-up" | "leave" | "stop";

/** Takes news and gives orders. A report comes every few MiB and at least every half second, also when nothing moves. */
export type CarryReport = (news: CarryNews) => Promise<CarryOrder>;

/** Runs one errand, in an invocation of its own. Never rejects for what a registry does. */
export type CarryBlob = (task: CarryTask, report: CarryReport) => Promise<CarryResult>;
