/**
 * `npm run bench`: transship side by side with the copiers found on the PATH and with a Worker that only passes bytes
 * through, between two real registries on this machine. Prints markdown tables, or JSON. Needs Linux and a
 * `docker-registry` or `registry` binary. Exit status 0 where everything ran; the goals are reported, not enforced.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BenchRegistry } from "./bench/bench-registry.ts";
import type { Copier } from "./bench/copier.ts";
import { machineText } from "./bench/machine.ts";
import { measureSuite, type SuiteResult } from "./bench/measure.ts";
import { type BenchOptions, parseOptions, USAGE } from "./bench/options.ts";
import { startPassThroughCopier } from "./bench/pass-through-copier.ts";
import { findPeers } from "./bench/peers.ts";
import { jsonOf, markdownOf } from "./bench/report.ts";
import { suitesOf } from "./bench/suites.ts";
import { startTransshipCopier } from "./bench/transship-copier.ts";
import { Interruption, interruption } from "./interruption.ts";

/** Runs the suites one after the other. Whatever it started is gone when it returns or throws. */
async function bench(options: BenchOptions, signal: AbortSignal): Promise<boolean> {
  const binary = registryBinary();
  const folder = await mkdtemp(join(options.folder ?? tmpdir(), "transship-bench-"));
  const running: { stop(): unknown }[] = [];
  const results: SuiteResult[] = [];
  try {
    const source = await started(BenchRegistry.start(binary.command, join(folder, "source")));
    const destination = await started(BenchRegistry.start(binary.command, join(folder, "destination")));
    const peers = findPeers();
    const machine = machineText(binary.version);
    const versions = peers.map((peer) => `${peer.name} ${peer.version}`).join(", ");
    say(`${machine}\npeers: ${versions === "" ? "none found" : versions}`);
    if (!options.json) {
      console.log(`${machine}\n\nPeers: ${versions}\n`);
    }
    for (const suite of suitesOf(options)) {
      // Services are new for each suite: memory that one has left behind must not hide what the next one takes.
      const services: Copier[] = [];
      services.push(await started(startTransshipCopier([source.host, destination.host])));
      if (!suite.again) {
        services.push(await started(startPassThroughCopier(join(folder, `pass-through-${suite.name}`))));
      }
      const [own, ...floor] = services;
      const copiers = [...(own === undefined ? [] : [own]), ...peers, ...floor];
      const result = await measureSuite(suite, { source, destination, copiers, signal, say });
      await Promise.all(services.map((service) => service.stop()));
      results.push(result);
      if (!options.json) {
        console.log(markdownOf(result));
      }
    }
    if (options.json) {
      console.log(JSON.stringify({ machine, suites: results.map(jsonOf) }, null, 2));
    }
    return results.every((result) => result.series.every((series) => series.failure === undefined));
  } finally {
    await Promise.allSettled(running.map((one) => one.stop()));
    await rm(folder, { recursive: true, force: true });
  }

  async function started<T extends { stop(): unknown }>(starting: Promise<T>): Promise<T> {
    const one = await starting;
    running.push(one);
    signal.throwIfAborted();
    return one;
  }
}

/** The registry on the PATH. Throws where there is none. */
function registryBinary(): { command: string; version: string } {
  for (const command of ["docker-registry", "registry"]) {
    const answer = spawnSync(command, ["--version"], { encoding: "utf8", timeout: 10_000 });
    if (answer.error === undefined) {
      return { command, version: `${command} ${/\s(v?\d\S*)/.exec(answer.stdout)?.[1] ?? ""}`.trim() };
    }
  }
  throw new Error("The bench needs a real registry: install docker-registry (Debian) or put a `registry` binary on the PATH");
}

/** Progress goes to standard error, so that standard output holds the results and nothing else. */
function say(line: string): void {
  console.error(line);
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    console.log(USAGE);
  } else if (!(await bench(options, interruption()))) {
    process.exitCode = 1;
  }
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = error instanceof Interruption ? error.status : 1;
}
