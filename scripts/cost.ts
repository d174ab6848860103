/**
 * `npm run cost`: what copies and checks cost at Cloudflare, beside a runner and a machine. Counts what is billed in a Worker with a meter,
 * measures the CPU of one without, and the time of the quickest copier on the PATH. Needs Linux and a `docker-registry`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type RunningWorker, startWorker } from "../test/support/workerd.ts";
import { machineText } from "./bench/machine.ts";
import { parseCount, parseSize } from "./bench/options.ts";
import { findPeers } from "./bench/peers.ts";
import { copyByJob, openTo } from "./bench/transship-copier.ts";
import { type Counted, counted } from "./cost/count.ts";
import { checkSeconds, copySeconds, heldBetweenRegistries, type Report, tablesOf } from "./cost/report.ts";
import { timeCommand, timeWorker } from "./cost/time.ts";
import { type Copy, Workload } from "./cost/workload.ts";
import { Interruption, interruption } from "./interruption.ts";

const USAGE = `npm run cost [-- options]
  --size SIZE    of the image (default: 500MB): CPU and duration grow with it; what is counted grows with its layers
  --layers N     (default: 5)
  --runs N       measured copies of each copier, of which the median is taken (default: 5)
  --checks N     unchanged checks that are measured in a row (default: 200)
  --folder DIR   where the registries store, up to twice the size (default: the folder for temporary files)
  --help`;

interface Options {
  bytes: number;
  layers: number;
  runs: number;
  checks: number;
  folder: string;
}

/** Copies and checks that are counted, of which the mean is taken: alarms come by the clock, all else is the same each time. */
const COUNTED = 3;

/** Measures all, one after the other. Whatever it started is gone when it returns or throws. */
async function cost(options: Options, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(options.folder, "transship-cost-"));
  let workload: Workload | undefined;
  try {
    console.log(`${machineText("docker-registry")} · load ${loadavg()[0]?.toFixed(1)}`);
    workload = await Workload.start(folder, options.layers, options.bytes);
    const { bytes } = workload.image;
    const counts = await withWorker(workload, signal, "../test/support/counting-worker.ts", (worker, copy, from) =>
      count(worker, copy, from),
    );
    say(JSON.stringify(counts));
    const own = await withWorker(workload, signal, undefined, (worker, copy, from) => timeWorker(from, worker.pid, copy, options));
    say(`transship ${JSON.stringify(own)}`);
    const report: Report = {
      copy: { ...counts.copy, cpuMs: own.copy.cpuMs },
      check: { ...counts.check, cpuMs: own.check.cpuMs },
    };
    report.copy.gbSeconds += heldBetweenRegistries(copySeconds(own.copy.wallMs, bytes) - own.copy.wallMs / 1000);
    report.check.gbSeconds += heldBetweenRegistries(checkSeconds(own.check) - own.check.wallMs / 1000);
    for (const peer of findPeers()) {
      const taken = await timeCommand(workload, peer, options.runs, signal);
      say(`${peer.name} ${JSON.stringify(taken)}`);
      const found = { name: peer.name, copySeconds: copySeconds(taken.copy.wallMs, bytes), checkSeconds: checkSeconds(taken.check) };
      // Copies take the same time where the network sets it; checks then tell which is the quickest.
      if (report.peer === undefined || compare(found, report.peer) < 0) {
        report.peer = found;
      }
    }
    console.log(`\n${tablesOf(report)}`);
    console.log(`\nload at the end ${loadavg()[0]?.toFixed(1)}`);
  } finally {
    workload?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function compare(left: NonNullable<Report["peer"]>, right: NonNullable<Report["peer"]>): number {
  return left.copySeconds - right.copySeconds || left.checkSeconds - right.checkSeconds;
}

/** Counts what a copy and a check take. */
async function count(worker: RunningWorker, copy: Copy, workload: Workload): Promise<{ copy: Counted; check: Counted }> {
  // The first shows the meter where the storage is.
  await workload.fresh(copy);
  const ofCopy = await counted(worker.url, COUNTED, () => workload.fresh(copy));
  const there = await workload.fresh(copy);
  return { copy: ofCopy, check: await counted(worker.url, COUNTED, () => copy(there)) };
}

/** Runs a Worker for as long as it is worked with. */
async function withWorker<T>(
  workload: Workload,
  signal: AbortSignal,
  main: string | undefined,
  work: (worker: RunningWorker, copy: Copy, workload: Workload) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const entry = main === undefined ? {} : { main: join(import.meta.dirname, main) };
  const worker = await startWorker({ vars: openTo(workload.hosts), ...entry });
  try {
    return await work(worker, (task) => copyByJob(worker.url, task, signal), workload);
  } finally {
    await worker.stop();
  }
}

/** Progress goes to standard error, the tables to standard output. */
function say(line: string): void {
  console.error(line);
}

function readOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: "string", default: "500MB" },
      layers: { type: "string", default: "5" },
      runs: { type: "string", default: "5" },
      checks: { type: "string", default: "200" },
      folder: { type: "string", default: tmpdir() },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    return "help";
  }
  return {
    bytes: parseSize(values.size),
    layers: parseCount("--layers", values.layers),
    runs: parseCount("--runs", values.runs),
    checks: parseCount("--checks", values.checks),
    folder: values.folder,
  };
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") {
    console.log(USAGE);
  } else {
    await cost(options, interruption());
  }
} catch (error) {
  console.error(`cost: ${error instanceof Error ? error.message : error}`);
  process.exitCode = error instanceof Interruption ? error.status : 1;
}
