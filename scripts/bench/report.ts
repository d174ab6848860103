/** Results as tables for people and as JSON for machines. */
import { goalsOf } from "./goals.ts";
import type { Run, Series, SuiteResult } from "./measure.ts";
import { median, pairedRatio } from "./statistics.ts";
import { sizeText } from "./suites.ts";

/** A suite as a markdown table: medians, with the extremes where they matter, and transship against each other copier. */
export function markdownOf(result: SuiteResult): string {
  const { suite, series } = result;
  const own = series.find(({ copier }) => copier.name === "transship");
  const rows = series.map((one) => [
    one.copier.name,
    wallText(one.runs),
    one.runs.length > 0 ? seconds(median(pick(one.runs, "cpuMs"))) : "–",
    memoryText(one),
    one.runs.length > 0 ? `${median(pick(one.runs, "sourceRequests"))} + ${median(pick(one.runs, "destinationRequests"))}` : "–",
    ratioText(own, one, "wallMs"),
    ratioText(own, one, "cpuMs"),
  ]);
  const header = [
    "copier",
    "wall (least–most)",
    "CPU",
    "memory",
    "requests, source + destination",
    "transship's wall ÷",
    "transship's CPU ÷",
  ];
  const lines = [
    `### ${suite.title} (${suite.name}): ${sizeText(result.bytes)}, medians of ${suite.runs} ${suite.runs === 1 ? "run" : "runs"}`,
    "",
    ...table(header, rows),
    "",
    ...goalsOf(result).map(
      (goal) => `- ${goal.reached ? "reached" : "**missed**"}: ${goal.text}: ${round(goal.measured)} (goal: at most ${goal.limit})`,
    ),
    ...series.filter(({ failure }) => failure !== undefined).map((one) => `- ${one.copier.name} failed: ${one.failure?.split("\n")[0]}`),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

/** Everything that was measured, with the medians that the tables show. */
export function jsonOf(result: SuiteResult): unknown {
  const own = result.series.find(({ copier }) => copier.name === "transship");
  return {
    ...result.suite,
    imageBytes: result.bytes,
    copiers: result.series.map((one) => ({
      name: one.copier.name,
      version: one.copier.version,
      runs: one.runs,
      failure: one.failure ?? null,
      wallMs: finite(median(pick(one.runs, "wallMs"))),
      cpuMs: finite(median(pick(one.runs, "cpuMs"))),
      memoryBytes: finite(median(pick(one.runs, "memoryBytes"))),
      transshipWallRatio: finite(pairedRatio(pick(own?.runs ?? [], "wallMs"), pick(one.runs, "wallMs"))),
      transshipCpuRatio: finite(pairedRatio(pick(own?.runs ?? [], "cpuMs"), pick(one.runs, "cpuMs"))),
    })),
    goals: goalsOf(result),
  };
}

/** Lines of a markdown table, its columns aligned for reading it as text. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, column) => Math.max(...[header, ...rows].map((row) => (row[column] ?? "").length), title.length));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(header), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)];
}

function wallText(runs: readonly Run[]): string {
  if (runs.length === 0) {
    return "–";
  }
  const walls = pick(runs, "wallMs");
  const spread = runs.length > 1 ? ` (${seconds(Math.min(...walls))}–${seconds(Math.max(...walls))})` : "";
  return `${seconds(median(walls))}${spread}`;
}

function memoryText({ copier, runs }: Series): string {
  if (runs.length === 0) {
    return "–";
  }
  const mib = `${(median(pick(runs, "memoryBytes")) / 1024 ** 2).toFixed(0)} MiB`;
  return copier.kind === "service" ? `grew by ${mib}` : mib;
}

function ratioText(own: Series | undefined, other: Series, field: "wallMs" | "cpuMs"): string {
  if (own === undefined || own === other || own.runs.length === 0 || other.runs.length === 0) {
    return "";
  }
  return round(pairedRatio(pick(own.runs, field), pick(other.runs, field)));
}

function pick(runs: readonly Run[], field: keyof Run): number[] {
  return runs.map((run) => run[field]);
}

/** Milliseconds below a second, else seconds. */
function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function round(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toFixed(2))) : "–";
}

/** JSON has no NaN. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
