/** Runs one suite: the copiers in turn, again and again, every copy checked. */
import { setTimeout as sleep } from "node:timers/promises";
import { type BenchImage, pushImage } from "./bench-image.ts";
import { BENCH_AGENT, type BenchRegistry } from "./bench-registry.ts";
import type { Copier, CopyCost, CopyTask } from "./copier.ts";
import type { Suite } from "./suites.ts";

/** The longest one copy may take, in milliseconds. */
const COPY_MS = 15 * 60_000;

/** A registry writes its log line after its answer: the time given to the last of them, in milliseconds. */
const LOG_MS = 100;

/** Counts repositories, so that no run ever meets one that was there before. */
let repositories = 0;

/** One measured copy. */
export interface Run extends CopyCost {
  /** Requests that the registries answered. */
  sourceRequests: number;
  destinationRequests: number;
}

/** One copier's runs; by index they pair with the other copiers' runs, which were made next to them. */
export interface Series {
  copier: Copier;
  runs: Run[];
  /** Why runs are missing. */
  failure?: string;
}

/** The runs of all copiers in one suite. */
export interface SuiteResult {
  suite: Suite;
  /** Bytes of all blobs. */
  bytes: number;
  series: Series[];
}

/** What suites are measured with. */
interface Bench {
  source: BenchRegistry;
  destination: BenchRegistry;
  copiers: readonly Copier[];
  signal: AbortSignal;
  say(line: string): void;
}

/** Copies of a tiny image that a service makes before it is measured. */
const WARM_COPIES = 3;

/**
 * Measures a suite: A B C, A B C, … so that runs of one index stand next to each other in time and a drift of the machine meets
 * all of them. A copier that fails is left out from then on and says so in its series. Rejects where `signal` ends the bench.
 */
export async function measureSuite(suite: Suite, bench: Bench): Promise<SuiteResult> {
  bench.say(`${suite.name}: ${suite.title}`);
  const image = await pushImage(bench.source.url, `bench/${suite.name}`, suite.layers, suite.bytes);
  const series: Series[] = bench.copiers.filter((copier) => !suite.again || copier.skipsExisting).map((copier) => ({ copier, runs: [] }));
  await warm(series, bench);
  const places = new Map<Copier, string>();
  for (const one of suite.again ? working(series) : []) {
    const repository = repositoryFor(one.copier, suite.name);
    places.set(one.copier, repository);
    await attempt(one, bench, () => copyOnce(one.copier, image, repository, bench));
  }
  for (let index = 0; index < suite.runs; index += 1) {
    for (const one of working(series)) {
      if (!suite.again) {
        await bench.destination.wipe();
      }
      const repository = places.get(one.copier) ?? repositoryFor(one.copier, suite.name);
      await attempt(one, bench, async () => {
        const run = await measureRun(one.copier, image, repository, bench);
        one.runs.push(run);
        bench.say(
          `  ${index + 1}/${suite.runs} ${one.copier.name.padEnd(12)} ${Math.round(run.wallMs)} ms, CPU ${Math.round(run.cpuMs)} ms, ` +
            `${run.sourceRequests} + ${run.destinationRequests} requests`,
        );
      });
    }
  }
  await bench.destination.wipe();
  await bench.source.wipe();
  return { suite, bytes: image.bytes, series };
}

/** Lets the services load their code. A tiny image, so that their memory has not grown by the work that is measured. */
async function warm(series: readonly Series[], bench: Bench): Promise<void> {
  const image = await pushImage(bench.source.url, newRepository("warm"), 1, 4096);
  for (const one of series.filter(({ copier }) => copier.kind === "service")) {
    for (let index = 0; index < WARM_COPIES; index += 1) {
      await attempt(one, bench, () => copyOnce(one.copier, image, newRepository("warm"), bench));
    }
  }
}

function working(series: readonly Series[]): Series[] {
  return series.filter(({ failure }) => failure === undefined);
}

/** Does the work; where it fails, notes why, unless the whole bench is ending. */
async function attempt(one: Series, bench: Bench, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    bench.signal.throwIfAborted();
    one.failure = error instanceof Error ? error.message : String(error);
    bench.say(`  ${one.copier.name} failed: ${one.failure}`);
  }
}

/**
 * Where a run copies to. A service may remember what a repository has, so that it gets a new one each time. A command gets the same
 * one each time, emptied: skopeo keeps a cache of where it has seen a blob, and would spend requests on mounting it from
 * repositories that are gone.
 */
function repositoryFor(copier: Copier, name: string): string {
  return copier.kind === "service" ? newRepository(name) : `bench/${name}-${copier.name}`;
}

/** A repository that was never there before. */
function newRepository(name: string): string {
  repositories += 1;
  return `bench/${name}-${repositories}`;
}

/** Copies once and counts the requests. */
async function measureRun(copier: Copier, image: BenchImage, repository: string, bench: Bench): Promise<Run> {
  const [sourceBefore, destinationBefore] = [await bench.source.requests(), await bench.destination.requests()];
  const cost = await copyOnce(copier, image, repository, bench);
  await sleep(LOG_MS);
  return {
    ...cost,
    sourceRequests: (await bench.source.requests()) - sourceBefore,
    destinationRequests: (await bench.destination.requests()) - destinationBefore,
  };
}

/** Copies once, measured, and checks that the destination then has the source's digest. */
async function copyOnce(copier: Copier, image: BenchImage, repository: string, bench: Bench): Promise<CopyCost> {
  const task: CopyTask = {
    from: bench.source.host,
    to: bench.destination.host,
    sourceRepository: image.repository,
    destinationRepository: repository,
    tag: image.tag,
  };
  const cost = await copier.copy(task, AbortSignal.any([bench.signal, AbortSignal.timeout(COPY_MS)]));
  const headers = { "user-agent": BENCH_AGENT, accept: "application/vnd.oci.image.manifest.v1+json" };
  const answer = await fetch(`${bench.destination.url}/v2/${repository}/manifests/${image.tag}`, { method: "HEAD", headers });
  if (answer.headers.get("docker-content-digest") !== image.digest) {
    throw new Error(`the destination answers ${answer.status} ${answer.headers.get("docker-content-digest")} instead of ${image.digest}`);
  }
  return cost;
}
