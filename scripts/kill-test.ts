/**
 * `npm run kill-test [-- --kills 20 --rounds 10 --seed WORD --concurrency N]`: copies some hundred megabytes by a Worker whose runtime is
 * killed with SIGKILL again and again, and checks what came of it. Exit status 0 only if every round ended well. `npm test` has the short form.
 */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { copyUnderKills, faultsOf, type KillOptions } from "../test/support/kill-harness.ts";
import { LARGE_LAYERS, MANY_LAYERS, MOST_READ_OF_LARGE, ONE_LARGE_LAYER } from "../test/support/kill-scenarios.ts";

const USAGE = `npm run kill-test [-- options]
  --kills N         in each round, at least 3 (default: 20)
  --rounds N        (default: 10)
  --seed WORD       decides the moments, with the number of the round (default: a new one, printed)
  --concurrency N   carriers at the source at once; each kill costs what they have under way (default: the service's own limit)
  --large           six layers of 50 MB; use fewer kills
  --staged          one large layer by way of the stage; use fewer kills
  --help`;

interface Options {
  kills: number;
  rounds: number;
  seed: string;
  concurrency: number | undefined;
  staged: boolean;
  large: boolean;
}

/** Reads the command line. Throws an Error that says what is wrong with it. */
function parseOptions(args: readonly string[]): Options | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: { type: "string", default: "20" },
      rounds: { type: "string", default: "10" },
      seed: { type: "string", default: randomBytes(4).toString("hex") },
      concurrency: { type: "string" },
      staged: { type: "boolean", default: false },
      large: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const count = (name: "kills" | "rounds" | "concurrency", least: number): number => {
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < least) {
      throw new Error(`--${name}: ${values[name]} is not a number from ${least} on`);
    }
    return number;
  };
  const { seed, staged, large } = values;
  const concurrency = values.concurrency === undefined ? undefined : count("concurrency", 1);
  return values.help ? "help" : { kills: count("kills", 3), rounds: count("rounds", 1), concurrency, seed, staged, large };
}

/** Runs one round; says whether it went well. */
async function round(options: Omit<KillOptions, "say">, mostRead?: number): Promise<boolean> {
  const report = await copyUnderKills({ ...options, say: (line) => console.log(`  ${line}`) });
  const faults = faultsOf(report, mostRead);
  const ratio = (report.bytesRead / report.imageBytes).toFixed(3);
  console.log(
    `${faults.length === 0 ? "✓" : "✗"} ${ratio} times the image read, tag written ${report.tagWrites} times, ${report.openUploads} uploads left open, ${report.seconds.toFixed(0)} s`,
  );
  for (const fault of faults) {
    console.log(`  ${fault}`);
  }
  return faults.length === 0;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    console.log(USAGE);
  } else {
    const { rounds, seed, kills, concurrency, staged, large } = options;
    const scenario = staged ? ONE_LARGE_LAYER : large ? LARGE_LAYERS : MANY_LAYERS;
    const mostRead = large ? MOST_READ_OF_LARGE : undefined;
    let survived = 0;
    for (let number = 1; number <= rounds; number++) {
      console.log(`round ${number} of ${rounds}, ${kills} kills, seed ${seed}-${number}`);
      const width = concurrency === undefined ? {} : { concurrency };
      survived += Number(await round({ ...scenario, ...width, kills, seed: `${seed}-${number}`, unattended: number === 1 }, mostRead));
    }
    console.log(`${survived} of ${rounds} rounds survived (seed ${seed})`);
    process.exitCode = survived === rounds ? 0 : 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
