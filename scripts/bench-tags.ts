/**
 * `node scripts/bench-tags.ts [--alone] [TAGS] [ROUNDS]`: a repository of many tags of which three changed, copied again, beside a plain load generator
 * and a Worker of nothing but `fetch`, that get the same `HEAD`s answered by the same registries. Prints one line for each measurement. With `--alone`
 * both Workers run without `wrangler dev`. Needs Linux and `docker-registry` on the PATH.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { JobDocument } from "../src/jobs/document.ts";
import { startWorker } from "../test/support/workerd.ts";
import { startWorkerdAlone } from "../test/support/workerd-alone.ts";
import { BenchRegistry } from "./bench/bench-registry.ts";
import { ACCEPT, headLoad } from "./bench/head-load.ts";
import { cpuMs, descendants, memoryBytes, resetPeakMemory } from "./bench/process-usage.ts";
import { storeTags, tagName } from "./bench/tag-store.ts";
import { writeWorkerConfig } from "./bench/worker-config.ts";

const REPOSITORY = "bench/tags";

/** Connections of the load generator to each registry. */
const CONNECTIONS = 12;

const { values, positionals } = parseArgs({ options: { alone: { type: "boolean", default: false } }, allowPositionals: true });
const [count = 10_000, rounds = 3] = positionals.map(Number);

const folder = await mkdtemp(join(tmpdir(), "transship-bench-tags-"));
const [source, destination] = await Promise.all(
  ["source", "destination"].map((name) => BenchRegistry.start("docker-registry", join(folder, name))),
);
if (source === undefined || destination === undefined) {
  throw new Error("the registries did not start");
}
const hosts = [source.host, destination.host];
const start = values.alone ? startWorkerdAlone : startWorker;
const floor = await start({ config: await writeWorkerConfig(folder, "head-worker") });
const worker = await start({
  vars: { ALLOW_ANONYMOUS: "true", REGISTRIES: Object.fromEntries(hosts.map((host) => [host, { http: true, private: true }])) },
});
try {
  await storeTags(join(folder, "source/storage"), REPOSITORY, count, new Set([0, Math.floor(count / 2), count - 1]));
  await storeTags(join(folder, "destination/storage"), REPOSITORY, count);
  const paths = Array.from({ length: count }, (_, index) => `/v2/${REPOSITORY}/manifests/${tagName(index)}`);
  for (let round = 1; round <= rounds; round++) {
    const generator = await headLoad({ hosts, paths, connections: CONNECTIONS });
    say(`load generator, round ${round}`, generator);
    say(`fetch alone, round ${round}`, await measureFloor(paths), generator);
    await measureJob(round, generator);
  }
} finally {
  await Promise.all([worker.stop(), floor.stop()]);
  source.stop();
  destination.stop();
  await rm(folder, { recursive: true, force: true });
}

async function measureFloor(paths: readonly string[]): Promise<number> {
  const begun = performance.now();
  const body = JSON.stringify({ hosts, paths, accept: ACCEPT, connections: CONNECTIONS });
  const answer = await fetch(floor.url, { method: "POST", body });
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
  return performance.now() - begun;
}

async function measureJob(round: number, generator: number): Promise<void> {
  const pids = values.alone ? [worker.pid] : descendants(worker.pid, "workerd");
  const before = await Promise.all([source?.requests(), destination?.requests()]);
  resetPeakMemory(pids);
  const [memory, cpu, begun] = [memoryBytes(pids, "VmRSS"), cpuMs(pids), performance.now()];
  const [from, to] = hosts.map((host) => `${host}/${REPOSITORY}`);
  const headers = { "content-type": "application/json", prefer: "wait=60" };
  const answer = await fetch(`${worker.url}/copy`, {
    method: "POST",
    headers,
    body: JSON.stringify({ source: from, destination: to, tags: "all" }),
  });
  let job = (await answer.json()) as JobDocument;
  while (job.status === "queued" || job.status === "running") {
    await sleep(50);
    job = (await (await fetch(worker.url + job.links.self)).json()) as JobDocument;
  }
  say(`transship, round ${round}: ${job.status}`, performance.now() - begun, generator);
  const after = await Promise.all([source?.requests(), destination?.requests()]);
  const requests = after.map((number, end) => (number ?? 0) - (before[end] ?? 0));
  const grown = (memoryBytes(pids, "VmHWM") - memory) / 1024 ** 2;
  console.log(`  ${requests.join(" + ")} requests, CPU ${cpuMs(pids) - cpu} ms, memory grew by ${grown.toFixed(0)} MiB`);
}

/** Prints a rate, and what part of the generator's it is. */
function say(what: string, ms: number, generator?: number): void {
  const share = generator === undefined ? "" : `, ${Math.round((100 * generator) / ms)} % of the generator's rate`;
  console.log(`${what}: ${Math.round(ms)} ms, ${Math.round((2 * count * 1000) / ms)} HEADs/s${share}`);
}
