/** A vitest reporter that counts: writes `{ passed, failed, skipped }` to the file named by `TRANSSHIP_TEST_COUNTS`. */
import { writeFileSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

/** How many tests of a run ended in which way. */
export interface TestCounts {
  passed: number;
  /** Tests, and whatever else went wrong: a file that could not be loaded, a hook, an error that no test caught. */
  failed: number;
  /** Skipped and to-do. */
  skipped: number;
}

/** Counts the results of one run. */
function countTests(modules: readonly TestModule[], unhandled: readonly SerializedError[]): TestCounts {
  const counts: TestCounts = { passed: 0, failed: unhandled.length, skipped: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      // Still pending at the end: the run was broken off or its worker died, so nothing has passed.
      counts[state === "pending" ? "failed" : state] += 1;
    }
    counts.failed += module.errors().length;
    for (const suite of module.children.allSuites()) {
      counts.failed += suite.errors().length;
    }
  }
  return counts;
}

/** The reporter; vitest wants it as the default export. */
export default class CountReporter implements Reporter {
  /** Writes the counts at the end of a run. */
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const file = process.env.TRANSSHIP_TEST_COUNTS;
    if (file !== undefined) {
      writeFileSync(file, JSON.stringify(countTests(modules, unhandled)));
    }
  }
}
