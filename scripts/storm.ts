/**
 * `npm run storm [-- --jobs 1000 --images 50 --repositories 5 --state DIR --alone]`: posts many copies of small images at once, the runtime's
 * state on disk, and then as many again at a steady rate, whose memory is looked at. Exit status 0 only if all is as it should be.
 * `npm test` has the short form.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Storm, type StormOptions } from "../test/support/storm.ts";

/** Longest time in which all jobs must have been accepted, in milliseconds. */
const ACCEPTED_MS = 10_000;

/** Jobs a second of the steady part. Objects are put away ten seconds after their last call, so that one or two hundred are there at any time. */
const PER_SECOND = 10;

/** From which job on memory must be flat: by then the first objects have been put away. */
const FLAT_FROM = 200;

/** Most memory at the last job, as a multiple of that at {@link FLAT_FROM}. The heap takes its time to find its size; jobs that stayed would triple it. */
const MOST_GROWTH = 1.5;

const USAGE = `npm run storm [-- options]
  --jobs N          at once, and then again one after the other (default: 1000)
  --images N        distinct ones (default: 50)
  --repositories N  destinations (default: 5)
  --state DIR       where the runtime keeps its state (default: the folder for temporary files)
  --alone           in the runtime alone, without wrangler dev's Workers before and behind it
  --help`;

/** Reads the command line. Throws an Error that says what is wrong with it. */
function parseOptions(args: readonly string[]): StormOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      jobs: { type: "string", default: "1000" },
      images: { type: "string", default: "50" },
      repositories: { type: "string", default: "5" },
      state: { type: "string", default: tmpdir() },
      alone: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const count = (name: "jobs" | "images" | "repositories"): number => {
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < 1) {
      throw new Error(`--${name}: ${values[name]} is not a number from 1 on`);
    }
    return number;
  };
  return values.help
    ? "help"
    : { jobs: count("jobs"), images: count("images"), repositories: count("repositories"), statePath: values.state, alone: values.alone };
}

/** Posts all at once. Returns what went wrong. */
async function burst(storm: Storm, jobs: number): Promise<string[]> {
  const report = await storm.burst();
  console.log(`${jobs} jobs at once: accepted after ${report.acceptedMs} ms, ended after ${report.endedMs} ms, ${report.lost} sent again`);
  return [...(report.acceptedMs > ACCEPTED_MS ? [`accepting took longer than ${ACCEPTED_MS} ms`] : []), ...storm.faults(report)];
}

/** Posts one after the other. Returns what went wrong. */
async function stream(storm: Storm, jobs: number): Promise<string[]> {
  const memory = new Map<number, number>();
  await storm.stream(PER_SECOND, (ended) => {
    if (ended % FLAT_FROM === 0 || ended === jobs) {
      memory.set(ended, storm.memory());
    }
  });
  const text = Array.from(memory, ([ended, bytes]) => `${(bytes / 1e6).toFixed(0)} MB at job ${ended}`).join(", ");
  console.log(`${jobs} jobs, ${PER_SECOND} a second: ${text}`);
  const growth = (memory.get(jobs) ?? 0) / (memory.get(FLAT_FROM) ?? Number.POSITIVE_INFINITY);
  return growth > MOST_GROWTH ? [`memory grew ${growth.toFixed(2)} times from job ${FLAT_FROM} on`] : [];
}

/** Runs one part in a runtime of its own. */
async function part(options: StormOptions, run: (storm: Storm, jobs: number) => Promise<string[]>): Promise<string[]> {
  const statePath = await mkdtemp(join(options.statePath, "transship-storm-"));
  const storm = await Storm.begin({ ...options, statePath });
  try {
    return await run(storm, options.jobs);
  } finally {
    await storm.close();
    await rm(statePath, { recursive: true, force: true });
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    console.log(USAGE);
  } else {
    const faults = [...(await part(options, burst)), ...(await part(options, stream))];
    for (const fault of faults) {
      console.log(`✗ ${fault}`);
    }
    process.exitCode = faults.length === 0 ? 0 : 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
