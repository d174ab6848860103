/** The two sides of a compare, and what is done at both. */
import { CopyError, type Failure } from "../oci/errors.ts";

/** What the sides are called: in the query, in the answer, and in the pointers of problems. */
export type SideName = "left" | "right";

/** Both sides, left first. */
export const SIDES: readonly SideName[] = ["left", "right"];

/** A value for each side. */
export type Pair<T> = Readonly<Record<SideName, T>>;

/** Why there is no answer: what went wrong at one side or at both. */
export class ComparisonFailed extends Error {
  override readonly name = "ComparisonFailed";
  /** At least one, the left one first. */
  readonly failures: readonly { side: SideName; failure: Failure }[];

  constructor(failures: readonly { side: SideName; failure: Failure }[]) {
    super(failures.map(({ side, failure }) => `${side}: ${failure.message}`).join("; "));
    this.failures = failures;
  }
}

/**
 * Does something at both sides at once, and waits for both, so that a caller hears of both failures. Fails with {@link ComparisonFailed}, whose
 * failures name their registry; an error that is no `CopyError` is thrown as it is.
 */
export async function bothSides<T>(registries: Pair<string>, work: (side: SideName) => Promise<T>): Promise<Pair<T>> {
  const [left, right] = await Promise.allSettled([work("left"), work("right")]);
  if (left.status === "fulfilled" && right.status === "fulfilled") {
    return { left: left.value, right: right.value };
  }
  const failed = (side: SideName, result: PromiseSettledResult<T>) => {
    if (result.status === "fulfilled") {
      return [];
    }
    if (!(result.reason instanceof CopyError)) {
      throw result.reason;
    }
    return [{ side, failure: { registry: registries[side], ...result.reason.failure } }];
  };
  throw new ComparisonFailed([...failed("left", left), ...failed("right", right)]);
}
