/** Writes metrics in the text format 0.0.4 of Prometheus. Pure. */
import { BUCKETS, METRICS } from "../jobs/ledger/metrics.ts";

type Sample = readonly [series: string, value: number];

/**
 * Returns the text: every metric with its help and type, even where it has no sample. The buckets of a histogram become cumulative; its `_count` is the
 * last.
 */
export function metricsText(samples: readonly Sample[]): string {
  const blocks = METRICS.map(({ name, type, help }) => {
    const own = samples.filter(
      ([series]) =>
        nameOf(series) === name || (type === "histogram" && /_(bucket|sum)$/.test(nameOf(series)) && nameOf(series).startsWith(`${name}_`)),
    );
    const lines = type === "histogram" ? histogramLines(name, own) : own.map(line);
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join("\n");
  });
  return `${blocks.join("\n")}\n`;
}

function histogramLines(name: string, samples: readonly Sample[]): string[] {
  const sums = samples.filter(([series]) => nameOf(series) === `${name}_sum`);
  return sums.flatMap(([series, sum]) => {
    const labels = labelsOf(series);
    const counted = new Map(
      samples
        .filter(([other]) => nameOf(other) === `${name}_bucket` && withoutBound(labelsOf(other)) === labels)
        .map(([other, value]) => [boundOf(other), value]),
    );
    let total = 0;
    const buckets = [...BUCKETS.map(String), "+Inf"].map((bound) => {
      total += counted.get(bound) ?? 0;
      return `${name}_bucket{${labels === "" ? "" : `${labels},`}le="${bound}"} ${total}`;
    });
    return [...buckets, line([series, sum]), `${name}_count${labels === "" ? "" : `{${labels}}`} ${total}`];
  });
}

function line([series, value]: Sample): string {
  return `${series} ${value}`;
}

function nameOf(series: string): string {
  return series.split("{", 1)[0] ?? "";
}

function labelsOf(series: string): string {
  return series.includes("{") ? series.slice(series.indexOf("{") + 1, -1) : "";
}

/** The labels without `le`, which is always written last. */
function withoutBound(labels: string): string {
  return labels.replace(/,?le="[^"]*"$/, "");
}

function boundOf(series: string): string {
  return /le="([^"]*)"\}$/.exec(series)?.[1] ?? "";
}
