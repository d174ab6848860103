/**
 * Second step of a job over many tags: looks what each stands for at the source and at the destinations, by carriers, many at a time. Where nothing has
 * changed, that is all; the rest is copied image by image.
 */
import { untilAborted } from "../../net/abort.ts";
import { CopyError, type Failure, failureOf, type Side } from "../../oci/errors.ts";
import { parseReference } from "../../oci/reference.ts";
import { allEnded } from "../all-ended.ts";
import { gravest } from "../blobs/carriers.ts";
import type { CarryResult, CarryTask, TagAnswer, TagQuestion } from "../blobs/carry-task.ts";
import type { TargetRow } from "../images/image-rows.ts";
import type { SliceContext } from "../images/slice-context.ts";
import { MAX_IN_A_ROW } from "./look-at-tags.ts";
import type { SeenDestination } from "./survey-rows.ts";

/** Carriers that look at tags at once: with six connections each, enough to keep a registry busy, and no more than it may be asked by one job. */
const SURVEYORS = 4;

/** Tags for one carrier: a second's work or a few, so that little is lost with one. With 16 destinations still far from 10,000 subrequests. */
const TAGS_OF_A_CARRIER = 250;

/**
 * Looks at every tag that was not looked at. Destinations that have the digest end as `unchanged`, as `skipped` those that are not to be overwritten,
 * where the image's digest says all that is to be known of it.
 *
 * Gives the failures that may pass, each of which leaves its tag to be looked at again. A registry that asks for patience, or is out of order, is asked no
 * more in this slice; the others are. Tags that have met such a failure come last. Fails when cancelled, and with what is no matter of a registry: a
 * carrier that died, a destination's object that can't be reached.
 */
export async function surveyTags(slice: SliceContext): Promise<Failure[]> {
  const setbacks: Failure[] = [];
  let after = 0;
  let isLast = false;
  const take = (): TagQuestion[] => {
    if (isLast || !slice.hasTime() || isBlocked(slice)) {
      return [];
    }
    const questions = slice.survey.questions(after, TAGS_OF_A_CARRIER);
    after = questions.at(-1)?.image ?? after;
    isLast = questions.length === 0;
    return isLast ? slice.survey.troubledQuestions(TAGS_OF_A_CARRIER) : questions;
  };
  const work = async () => {
    for (let questions = take(); questions.length > 0; questions = take()) {
      setbacks.push(...(await survey(questions, slice)));
    }
  };
  await allEnded(Array.from({ length: SURVEYORS }, work));
  return setbacks;
}

/** Whether there is nobody left to ask. */
function isBlocked({ closed, request, images }: SliceContext): boolean {
  return closed.has(parseReference(request.source).registry) || images.targets().every(({ registry }) => closed.has(registry));
}

/** Has one carrier look, and notes what it saw; gives the failures that may pass. */
async function survey(questions: readonly TagQuestion[], slice: SliceContext): Promise<Failure[]> {
  const source = parseReference(slice.request.source);
  const isOpen = async (registry: string, side: Side) => {
    try {
      await slice.admit(registry, side);
      return true;
    } catch (error) {
      const failure = failureOf(error);
      if (!slice.closed.has(registry)) {
        slice.closed.set(registry, failure);
        setbacks.push(failure);
      }
      return false;
    }
  };
  const setbacks: Failure[] = [];
  if (!(await isOpen(source.registry, "source"))) {
    return setbacks;
  }
  const targets: TargetRow[] = [];
  for (const target of slice.images.targets()) {
    if (await isOpen(target.registry, "destination")) {
      targets.push(target);
    }
  }
  const { registry, repository } = source;
  const task: CarryTask = { errand: "tags", source: { registry, repository }, targets, questions: [...questions] };
  const order = () => (slice.cancelled.aborted ? "stop" : slice.hasTime() ? "go-on" : "wind-up");
  const answers = answersOf(await slice.gate.run(() => slice.carry(task, async () => order())), slice);
  slice.survey.answer(answers);
  const passing = settleFailures(questions, answers, slice);
  closeTroubled(passing, slice);
  const images = answers.map(({ image }) => image);
  await settleSeen(images, slice);
  if (answers.some(hasLearned)) {
    slice.survey.changed();
    slice.forward();
  }
  return [...setbacks, ...passing];
}

/**
 * Whether something need not be asked again: an end was seen, or has failed for good. What fails for now is no step forward, however many tags it
 * fails for: a job whose registry stays down must run out of patience.
 */
function hasLearned({ source, destinations }: TagAnswer): boolean {
  const seen = source === undefined ? destinations : [source, ...destinations];
  return seen.some(({ failure }) => failure === undefined || failure.retry === "never");
}

/** Leaves a registry alone for this slice that has asked for patience, or failed so often that it is no matter of single tags. */
function closeTroubled(failures: readonly Failure[], { closed }: SliceContext): void {
  for (const [registry, met] of Map.groupBy(failures, (failure) => failure.registry ?? "")) {
    if (registry !== "" && (met.length >= MAX_IN_A_ROW || met.some(({ waitMs }) => waitMs !== undefined))) {
      closed.set(registry, gravest(met));
    }
  }
}

function answersOf(result: CarryResult, slice: SliceContext): TagAnswer[] {
  slice.cancelled.throwIfAborted();
  if (result.outcome === "looked") {
    return result.answers;
  }
  throw new CopyError(
    result.outcome === "failed"
      ? result.failure
      : { code: "internal", message: `A carrier came back with "${result.outcome}"`, retry: "never" },
  );
}

/** Ends the destinations of what failed for good, but for tags that are not there any more (see confirm-gone.ts); gives the failures that may pass, whose images come last from now on. */
function settleFailures(questions: readonly TagQuestion[], answers: readonly TagAnswer[], slice: SliceContext): Failure[] {
  const setbacks: Failure[] = [];
  const [troubled, missed] = [new Set<number>(), new Set<number>()];
  const pendingOf = new Map(questions.map(({ image, all }) => [image, all]));
  for (const { image, source, destinations } of answers) {
    if (source?.failure?.code === "not-found") {
      missed.add(image);
      continue;
    }
    const met = [
      ...(source?.failure === undefined ? [] : [{ failure: source.failure, concerns: pendingOf.get(image) ?? [] }]),
      ...destinations.flatMap(({ id, failure }) => (failure === undefined ? [] : [{ failure, concerns: [id] }])),
    ];
    for (const { failure, concerns } of met) {
      if (failure.retry === "never") {
        slice.survey.end(concerns, "failed", failure);
      } else {
        setbacks.push(failure);
        troubled.add(image);
      }
    }
  }
  if (troubled.size > 0) {
    slice.listing.trouble([...troubled]);
  }
  if (missed.size > 0) {
    slice.listing.missed([...missed]);
  }
  return setbacks;
}

/** Ends what needs nothing. Where only some platforms are copied, or more is looked at than the digest, that shows image by image. */
async function settleSeen(images: readonly number[], slice: SliceContext): Promise<void> {
  const { platforms, check, referrers, overwrite, foreignLayers } = slice.request;
  if (platforms !== undefined) {
    return;
  }
  const seen = slice.survey.seen(images);
  if (overwrite === "never") {
    const others = seen.filter(({ found, digest }) => found !== null && found !== digest);
    slice.survey.end(
      others.map(({ id }) => id),
      "skipped",
    );
  }
  if (check === "deep" || referrers === true || foreignLayers === "copy") {
    return;
  }
  for (const target of slice.images.targets()) {
    const same = seen.filter((row) => row.target === target.id && row.found === row.digest);
    const open = slice.request.dryRun || same.length === 0 ? [] : await noteTags(same, target, slice);
    slice.survey.end(
      same.filter(({ tag }) => !open.includes(tag)).map(({ id }) => id),
      "unchanged",
    );
  }
}

/** Tells the destination's object, as for a single tag; returns the tags that are not done with that. */
function noteTags(same: readonly SeenDestination[], target: TargetRow, slice: SliceContext): Promise<string[]> {
  const writes = same.map(({ tag, digest, resolvedAt, checkedAt }) => ({ holder: slice.holder, tag, digest, resolvedAt, checkedAt }));
  return untilAborted(slice.cancelled, slice.destination(target).noteTags(writes));
}
