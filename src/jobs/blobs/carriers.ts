/** Keeps several carriers at work side by side, the way to more bytes at once than one invocation could move. */
import { CopyError, type Failure, failureOf } from "../../oci/errors.ts";
import type { Gate } from "../gate.ts";

/**
 * Carriers of one job at once. Each has its own six connections and CPU budget, but all may share one isolate's 128 MB, of which
 * a carrier in flight takes a few MiB.
 */
export const MAX_CARRIERS = 8;

/**
 * Carriers of a job whose process has died so often: 8, 2, then 1. A death costs what all of them have under way, so where one has come
 * the next may.
 */
export function carriersAfter(deaths: number): number {
  return Math.max(1, MAX_CARRIERS >> (2 * Math.min(deaths, 8)));
}

/**
 * Runs every task through the gate and waits for all that were begun.
 *
 * After the first failure nothing more is begun; those under way end as they will. Fails then with the gravest failure: one that
 * no retry mends before one that may pass, and of those the one that asks for the longest wait. `mayBegin` ends a slice early:
 * the result says whether all were done.
 */
export async function runAll<T>(
  items: readonly T[],
  gate: Gate,
  mayBegin: () => boolean,
  run: (item: T) => Promise<void>,
): Promise<"done" | "stopped"> {
  const failures: Failure[] = [];
  let stopped = false;
  await Promise.all(
    items.map((item) =>
      gate.run(async () => {
        if (failures.length > 0 || !mayBegin()) {
          stopped = true;
          return;
        }
        try {
          await run(item);
        } catch (error) {
          failures.push(failureOf(error));
        }
      }),
    ),
  );
  if (failures.length > 0) {
    throw new CopyError(gravest(failures));
  }
  return stopped ? "stopped" : "done";
}

/** The failure that decides what happens next, of several that came together. */
export function gravest(failures: readonly Failure[]): Failure {
  const weight = (failure: Failure) => (failure.retry === "never" ? Number.POSITIVE_INFINITY : (failure.waitMs ?? 0));
  return failures.reduce((worst, failure) => (weight(failure) > weight(worst) ? failure : worst));
}
