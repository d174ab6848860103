/** The pieces of work that are measured. */
import type { BenchOptions, SuiteName } from "./options.ts";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** One piece of work that every copier is measured at. */
export interface Suite {
  name: SuiteName;
  title: string;
  layers: number;
  /** All layers together. */
  bytes: number;
  runs: number;
  /** Whether every run copies what the destination has already; else each copies into an empty registry. */
  again: boolean;
}

/** The wanted suites, in the order in which they run. */
export function suitesOf(options: BenchOptions): Suite[] {
  const large = options.bytes ?? GIB;
  const blob = options.bytes ?? 4 * GIB;
  const layers = options.layers ?? 8;
  const all: Record<SuiteName, Omit<Suite, "name">> = {
    large: { title: `${sizeText(large)} in ${layers} layers`, layers, bytes: large, runs: options.runs ?? 5, again: false },
    small: { title: "20 layers of 64 KiB", layers: 20, bytes: 20 * 64 * 1024, runs: options.runs ?? 15, again: false },
    unchanged: { title: "the same image again, unchanged", layers: 20, bytes: 20 * 64 * 1024, runs: options.runs ?? 15, again: true },
    blob: { title: `one blob of ${sizeText(blob)}`, layers: 1, bytes: blob, runs: options.runs ?? 1, again: false },
  };
  return options.suites.map((name) => ({ name, ...all[name] }));
}

/** `1 GiB`, `64 KiB`, `1.5 GiB`. */
export function sizeText(bytes: number): string {
  const [unit, name] = bytes >= GIB ? [GIB, "GiB"] : bytes >= MIB ? [MIB, "MiB"] : [1024, "KiB"];
  return `${Number((bytes / unit).toFixed(2))} ${name}`;
}
