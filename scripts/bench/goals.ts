/** The goals that the project has set itself, suite by suite. */
import type { Series, SuiteResult } from "./measure.ts";
import type { SuiteName } from "./options.ts";
import { median, pairedDifference, pairedRatio } from "./statistics.ts";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** One goal, and how far it was reached. */
interface Goal {
  text: string;
  /** The largest value that is good enough. */
  limit: number;
  measured: number;
  reached: boolean;
}

interface Rule {
  text: string;
  limit: number;
  /** Undefined where what it needs was not measured. */
  measure(result: SuiteResult, own: Series, other: (name: string) => Series | undefined): number | undefined;
}

const RULES: Readonly<Record<SuiteName, readonly Rule[]>> = {
  large: [
    { text: "wall time ÷ skopeo's", limit: 0.8, measure: wallAgainstSkopeo },
    { text: "CPU, s per GiB", limit: 2, measure: (result, own) => median(own.runs.map((run) => run.cpuMs / 1000)) / (result.bytes / GIB) },
    {
      text: "CPU above pass-through, s",
      limit: 1,
      measure: (_, own, other) => {
        const floor = other("pass-through");
        return floor && pairedDifference(own.runs.map(cpuSeconds), floor.runs.map(cpuSeconds));
      },
    },
  ],
  small: [{ text: "wall time ÷ skopeo's", limit: 1, measure: wallAgainstSkopeo }],
  unchanged: [
    { text: "requests", limit: 2, measure: (_, own) => Math.max(...own.runs.map((run) => run.sourceRequests + run.destinationRequests)) },
    { text: "wall time, ms", limit: 50, measure: (_, own) => median(own.runs.map((run) => run.wallMs)) },
  ],
  blob: [
    {
      text: "growth of the runtime's memory, MiB",
      limit: 64,
      measure: (_, own) => Math.max(...own.runs.map((run) => run.memoryBytes)) / MIB,
    },
  ],
};

/** Returns transship's goals in a suite and how far each was reached; none where it was not measured. */
export function goalsOf(result: SuiteResult): Goal[] {
  const other = (name: string) => result.series.find((series) => series.copier.name === name && series.runs.length > 0);
  const own = other("transship");
  if (own === undefined) {
    return [];
  }
  return RULES[result.suite.name].flatMap(({ text, limit, measure }) => {
    const measured = measure(result, own, other);
    return measured === undefined ? [] : [{ text, limit, measured, reached: measured <= limit }];
  });
}

function wallAgainstSkopeo(_: SuiteResult, own: Series, other: (name: string) => Series | undefined): number | undefined {
  const skopeo = other("skopeo");
  return (
    skopeo &&
    pairedRatio(
      own.runs.map((run) => run.wallMs),
      skopeo.runs.map((run) => run.wallMs),
    )
  );
}

function cpuSeconds(run: { cpuMs: number }): number {
  return run.cpuMs / 1000;
}
