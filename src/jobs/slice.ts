/** One slice of a job's work: what every image is given to work with, and what came of it. */
import type { Effects } from "../net/effects.ts";
import { repeatUntil } from "../net/repeat-until.ts";
import type { ContentDirectory } from "../oci/directory.ts";
import { CopyError, type Failure, failureOf, type Side } from "../oci/errors.ts";
import type { RepositoryReference } from "../oci/reference.ts";
import type { ContentSource, ContentTarget, ManifestSource } from "../oci/store.ts";
import { carriersAfter, gravest } from "./blobs/carriers.ts";
import { carryInTurn } from "./blobs/carry-in-turn.ts";
import type { CarryBlob } from "./blobs/carry-task.ts";
import { HOLD_BEAT_MS, type MemoryGate } from "./blobs/memory-gate.ts";
import type { StageView } from "./blobs/stage-policy.ts";
import type { DestinationLink } from "./destinations/destination-link.ts";
import { Gate } from "./gate.ts";
import { gatedDirectory, gatedSource } from "./gated-source.ts";
import type { Admission, RequestKind } from "./hosts/admission.ts";
import type { HoldSlots } from "./hosts/spare-host.ts";
import { copyImage } from "./images/copy-image.ts";
import { MANIFEST_WIDTH, type SliceContext } from "./images/slice-context.ts";
import type { JobRow } from "./job-rows.ts";
import type { JobStore } from "./job-store.ts";
import { sliceEnds } from "./slice-ends.ts";
import { outcomeOf } from "./state.ts";
import { copyTags } from "./tags/copy-tags.ts";

/** Subrequests of one invocation after which nothing new is begun: the runtime ends it at 10,000. What is under way needs some more. */
const MAX_SUBREQUESTS = 7_000;

/** What a slice works with besides the job's rows. */
export interface SliceDeps {
  effects: Effects;
  /** Subrequests made so far, in this process. */
  subrequests(): number;
  /** Opens a repository as a source; its requests end when `signal` is aborted. No request is made yet; the same for the two below. */
  openSource(name: RepositoryReference, signal?: AbortSignal): ContentSource;
  openTarget(name: RepositoryReference, signal?: AbortSignal): ContentTarget & ManifestSource;
  openDirectory(side: Side, name: RepositoryReference, signal?: AbortSignal): ContentDirectory;
  /** The object that watches over a destination repository. */
  destination(name: RepositoryReference): DestinationLink;
  /** Tells which hosts want to be left alone for now. */
  admission: Admission;
  /** Runs one errand in an invocation of its own, at once; taking turns is the slice's part. */
  carry: CarryBlob;
  /** Shared by the carriers of all jobs of the process. */
  memory: MemoryGate;
  /** Holds to how many carriers a host takes at once, over all jobs. */
  slots: HoldSlots;
  /** How long a slice begins new work, in milliseconds. */
  sliceMs: number;
  /** Whether there is a bucket to stage blobs in. */
  canStage: boolean;
}

/** What a slice tells while it works. */
export interface SliceEvents {
  /** Something went forward. */
  forward(): void;
  /** Bytes have crossed the wire; a negative number takes back those that a blob's row has taken over. */
  sending(bytes: number): void;
  /** A carrier keeps a pause in the middle of a blob, which this failure asks for. */
  pausing(failure: Failure): void;
}

/** `again`: time was up, with more to do. `trouble`: pending destinations have a failure in their way that may pass. */
export type SliceOutcome =
  | { next: "end"; status: "succeeded" | "failed" | "cancelled"; failure: Failure | null }
  | { next: "again" }
  | { next: "trouble"; failure: Failure };

/** Works on the job for a slice. Never rejects. */
export async function runSlice(
  job: JobRow,
  store: JobStore,
  deps: SliceDeps,
  events: SliceEvents,
  cancelled: AbortSignal,
): Promise<SliceOutcome> {
  const over = new AbortController();
  try {
    const slice = contextOf(job, store, deps, events, cancelled, over.signal);
    const setbacks = job.request.tags === undefined ? await copyOne(slice) : await copyTags(slice);
    const status = isListed(job, store) ? outcomeOf(store.images.statuses()) : undefined;
    if (status !== undefined) {
      return { next: "end", status, failure: store.failure() };
    }
    return setbacks.length === 0 ? { next: "again" } : { next: "trouble", failure: gravest(setbacks) };
  } catch (error) {
    const failure = failureOf(error);
    return failure.code === "cancelled" ? { next: "end", status: "cancelled", failure } : { next: "trouble", failure };
  } finally {
    over.abort();
  }
}

/** The image of a job that has one. */
async function copyOne(slice: SliceContext): Promise<Failure[]> {
  const [image] = slice.images.pendingImages(1);
  const outcome = image && (await copyImage(image, slice));
  return outcome?.next === "again" && outcome.failure !== undefined ? [outcome.failure] : [];
}

/** Whether all is known that is to be copied. */
function isListed({ request }: JobRow, { listing }: JobStore): boolean {
  return request.tags === undefined || listing.state().complete;
}

function contextOf(
  job: JobRow,
  store: JobStore,
  deps: SliceDeps,
  events: SliceEvents,
  cancelled: AbortSignal,
  over: AbortSignal,
): SliceContext {
  const { effects } = deps;
  const ends = sliceEnds(effects.now(), deps.sliceMs);
  const begun = deps.subrequests();
  const manifestGate = new Gate(MANIFEST_WIDTH);
  const closed = new Map<string, Failure>();
  const isMany = job.request.tags !== undefined;
  const openSource = (name: RepositoryReference) => deps.openSource(name, cancelled);
  const openDirectory = (side: Side, name: RepositoryReference) => deps.openDirectory(side, name, cancelled);
  const hasTime = () => effects.now() < ends.work && deps.subrequests() < begun + MAX_SUBREQUESTS;
  const memory = deps.memory.open(hasTime);
  void repeatUntil(over, HOLD_BEAT_MS, effects, async () => memory.renew());
  return {
    ...deps,
    ...events,
    request: job.request,
    openSource: (name) => (isMany ? gatedSource(openSource(name), manifestGate) : openSource(name)),
    openTarget: (name) => deps.openTarget(name, cancelled),
    openDirectory: (side, name) =>
      isMany && side === "source" ? gatedDirectory(openDirectory(side, name), manifestGate) : openDirectory(side, name),
    digestTags: new Map(),
    carry: carryInTurn(deps.carry, { slots: deps.slots, memory, cancelled, hasTime }),
    images: store.images,
    content: store.content,
    blobs: store.blobs,
    referrers: store.referrers,
    plans: store.plans,
    listing: store.listing,
    survey: store.survey,
    closed,
    holder: job.id,
    cancelled,
    gate: new Gate(carriersAfter(job.deaths)),
    manifestGate,
    bringing: new Map(),
    stagings: new Map(),
    staging: stageView(job, store, deps),
    admit: (registry, side, kind) => admit(registry, side, kind, closed, deps.admission),
    hasTime,
    hasGrace: () => effects.now() < ends.grace,
    noteIgnoredRanges: () => store.jobs.noteIgnoredRanges(),
  };
}

function stageView(job: JobRow, { images }: JobStore, { canStage, sliceMs }: SliceDeps): StageView {
  return {
    option: job.request.stage ?? "auto",
    available: canStage,
    sliceMs,
    registries: new Set(images.targets().map(({ registry }) => registry)).size,
    ignoresRanges: job.ignoresRanges,
    hasDied: job.deaths > 0,
  };
}

/** Fails for a registry that is left alone in this slice, and for one whose pause is still to be kept. */
async function admit(
  registry: string,
  side: Side,
  kind: RequestKind | undefined,
  closed: ReadonlyMap<string, Failure>,
  admission: Admission,
): Promise<void> {
  const failure = closed.get(registry);
  if (failure !== undefined) {
    throw new CopyError(failure);
  }
  await admission.admit(registry, side, kind);
}
