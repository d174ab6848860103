/** Measures the time and CPU that copiers take: the median of several copies, and the mean of many checks in a row. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Copier, CopyCost, CopyTask } from "../bench/copier.ts";
import { cpuMs, descendants } from "../bench/process-usage.ts";
import { measureService } from "../bench/service-cost.ts";
import { median } from "../bench/statistics.ts";
import type { Copy, Workload } from "./workload.ts";

/** How long the runtime is watched while it does nothing, in milliseconds. */
const IDLE_MS = 5_000;

/** Checks of a command: fewer, as each is measured by itself. */
const COMMAND_CHECKS = 10;

/** Time and CPU of one copy and one check. */
interface Timed {
  copy: { wallMs: number; cpuMs: number };
  check: { wallMs: number; cpuMs: number; requests: number };
}

/** How often is measured: copies, and checks in a row. */
interface Rounds {
  runs: number;
  checks: number;
}

/** Measures a running Worker by the CPU of its process, less what that uses when it does nothing. */
export async function timeWorker(workload: Workload, pid: number, copy: Copy, { runs, checks }: Rounds): Promise<Timed> {
  let there = await workload.fresh(copy);
  const idle = await idlePart(pid);
  const own = ({ wallMs, cpuMs: cpu }: CopyCost) => ({ wallMs, cpuMs: cpu - idle * wallMs });
  const copies: { wallMs: number; cpuMs: number }[] = [];
  for (let run = 0; run < runs; run += 1) {
    there = await workload.fresh(async (task) => copies.push(own(await measureService(pid, async () => void (await copy(task))))));
  }
  const requests = await workload.requests();
  const row = await measureService(pid, async () => {
    for (let check = 0; check < checks; check += 1) {
      await copy(there);
    }
  });
  const { wallMs, cpuMs: cpu } = own(row);
  return {
    copy: medians(copies),
    check: { wallMs: wallMs / checks, cpuMs: cpu / checks, requests: ((await workload.requests()) - requests) / checks },
  };
}

/** Measures a command, which is started for each copy and each check. */
export async function timeCommand(workload: Workload, copier: Copier, runs: number, signal: AbortSignal): Promise<Timed> {
  const copies: CopyCost[] = [];
  const once = async (task: CopyTask) => copies.push(await copier.copy(task, signal));
  // Always the same repository: skopeo remembers where it has seen a blob, and would ask for mounts from places that are gone.
  let there = await workload.fresh(once, `cost/${copier.name}`);
  for (let run = 1; run < runs; run += 1) {
    there = await workload.fresh(once, `cost/${copier.name}`);
  }
  const requests = await workload.requests();
  const checks: CopyCost[] = [];
  for (let check = 0; check < COMMAND_CHECKS; check += 1) {
    checks.push(await copier.copy(there, signal));
  }
  return { copy: medians(copies), check: { ...medians(checks), requests: ((await workload.requests()) - requests) / COMMAND_CHECKS } };
}

function medians(costs: readonly { wallMs: number; cpuMs: number }[]): { wallMs: number; cpuMs: number } {
  return { wallMs: median(costs.map(({ wallMs }) => wallMs)), cpuMs: median(costs.map(({ cpuMs: cpu }) => cpu)) };
}

/** CPU time that the idle runtime uses, as a part of the time that passes. */
async function idlePart(pid: number): Promise<number> {
  const pids = descendants(pid, "workerd");
  const before = cpuMs(pids);
  await sleep(IDLE_MS);
  return (cpuMs(pids) - before) / IDLE_MS;
}
