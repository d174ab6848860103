/** What a carrier does for many tags: looks what each stands for at the source and at the destinations, as many at once as it has connections. */
import type { Effects } from "../../net/effects.ts";
import type { Descriptor } from "../../oci/descriptor.ts";
import { type Failure, failureOf, type Side } from "../../oci/errors.ts";
import type { RepositoryReference } from "../../oci/reference.ts";
import type { Repository } from "../../registry/repository.ts";
import type { CarryResult, TagAnswer, TagQuestion, TagsTask } from "../blobs/carry-task.ts";
import { type Connector, openRepository } from "../hosts/connections.ts";

/** Connections of one invocation that may wait for headers (Workers, "Simultaneous open connections"). */
const CONNECTIONS = 6;

/** Failures in a row at one end after which it is taken to be out of order as a whole. A registry of which single tags are broken has fewer. */
export const MAX_IN_A_ROW = 6;

/** What looking at tags works with. */
export interface TagsContext extends Connector {
  signal: AbortSignal;
  /** Whether the slice has time left; without, no further tag is asked for. */
  hasTime(): boolean;
}

/** One `HEAD` that is to be made, and where its answer goes. */
interface Ask {
  end: End;
  look(): Promise<Descriptor | undefined>;
  answer(seen: Seen): void;
}

interface Seen {
  askedAt: number;
  found?: Descriptor | undefined;
  failure?: Failure;
}

/** One repository, and how it has answered so far. */
class End {
  #inARow = 0;
  #hasAnswered = false;
  /** What everybody is refused with here. */
  refusal: Failure | undefined;
  /** Whether to ask nothing more for now. */
  isOutOfOrder = false;

  answered(): void {
    this.#inARow = 0;
    this.#hasAnswered = true;
  }

  failed(failure: Failure): void {
    if (failure.code === "not-found" || failure.code === "manifest-invalid") {
      this.answered();
      return;
    }
    this.#inARow++;
    if (failure.retry !== "never") {
      this.isOutOfOrder ||= failure.waitMs !== undefined || this.#inARow >= MAX_IN_A_ROW;
    } else if (this.#inARow >= MAX_IN_A_ROW && !this.#hasAnswered) {
      // A login or an address that is refused is refused for every tag.
      this.refusal = failure;
    }
  }
}

/**
 * Asks, tag by tag, until all is asked, time is up, or an end is out of order. What fails is an answer too: of a tag, and of everything that is asked of
 * a repository that has refused whatever it was asked. A tag of which nothing was asked any more has no answer.
 */
export async function lookAtTags({ source, targets, questions }: TagsTask, context: TagsContext): Promise<CarryResult> {
  const { signal, effects, hasTime } = context;
  const from = openEnd("source", source, context);
  const ends = new Map(targets.map((target) => [target.id, openEnd("destination", target, context)]));
  const answers = new Set<TagAnswer>();
  const asksOf = ({ image, tag, asksSource, destinations }: TagQuestion): Ask[] => {
    const answer: TagAnswer = { image, destinations: [] };
    const ofSource: Ask = {
      end: from.end,
      look: () => from.repository.resolve(tag),
      answer: ({ askedAt, found, failure }) => {
        answers.add(answer);
        answer.source = { askedAt, ...(found === undefined ? {} : { root: found }), ...(failure === undefined ? {} : { failure }) };
      },
    };
    const ofDestinations = destinations.flatMap(({ id, target }): Ask[] => {
      const at = ends.get(target);
      const note = ({ askedAt, found, failure }: Seen) => {
        answers.add(answer);
        answer.destinations.push({ id, askedAt, found: found?.digest ?? null, ...(failure === undefined ? {} : { failure }) });
      };
      return at === undefined ? [] : [{ end: at.end, look: () => at.repository.headManifest(tag), answer: note }];
    });
    return asksSource ? [ofSource, ...ofDestinations] : ofDestinations;
  };
  const left = asksInOrder(questions, asksOf);
  const work = async () => {
    for (const ask of left) {
      await askOne(ask, effects, signal);
      if (!hasTime() || signal.aborted) {
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  signal.throwIfAborted();
  return { outcome: "looked", answers: [...answers] };
}

/** An end to ask. Where its repository can't be opened, since its login is none that can be done here, that is the answer to whatever it is asked. */
function openEnd(
  side: Side,
  name: RepositoryReference,
  context: TagsContext,
): { end: End; repository: Pick<Repository, "resolve" | "headManifest"> } {
  const end = new End();
  try {
    return { end, repository: openRepository(context, side, name, context.signal) };
  } catch (error) {
    const refuse = () => Promise.reject(error);
    return { end, repository: { resolve: refuse, headManifest: refuse } };
  }
}

/** Shared by all connections, each of which takes the next. */
function asksInOrder(questions: readonly TagQuestion[], asksOf: (question: TagQuestion) => Ask[]): Iterable<Ask> {
  const all = (function* () {
    for (const question of questions) {
      yield* asksOf(question);
    }
  })();
  // A loop that is left closes a generator; the others still need it.
  return { [Symbol.iterator]: () => ({ next: () => all.next() }) };
}

async function askOne({ end, look, answer }: Ask, { now }: Effects, signal: AbortSignal): Promise<void> {
  // Taken before the question, so that an answer is never older than its time says.
  const askedAt = now();
  if (end.isOutOfOrder) {
    return;
  }
  if (end.refusal !== undefined) {
    answer({ askedAt, failure: end.refusal });
    return;
  }
  try {
    answer({ askedAt, found: await look() });
    end.answered();
  } catch (error) {
    if (!signal.aborted) {
      const failure = failureOf(error);
      end.failed(failure);
      answer({ askedAt, failure });
    }
  }
}
