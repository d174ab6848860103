/** Counts how much of what Cloudflare bills for a piece of work uses: by a Worker with a meter, read before and after it. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Billed, OBJECT_GB } from "./prices.ts";
import type { Usage } from "./usage.ts";

/** How long after its answer a job's writes are still counted, in milliseconds. */
const SETTLE_MS = 500;

/** A job is kept for `JOB_TTL_DAYS`, which by default is a month. */
const MONTHS_KEPT = 1;

/** What is counted; the CPU is measured elsewhere, without a meter. */
export type Counted = Omit<Billed, "cpuMs">;

type Reading = Usage & { requests: number };

/** Does the work `times` times and returns what it took once, on average. */
export async function counted(url: string, times: number, work: () => Promise<unknown>): Promise<Counted> {
  const before = await reading(url);
  for (let index = 0; index < times; index += 1) {
    await work();
  }
  const after = await reading(url);
  const objects = (field: keyof Usage["objects"][string]) => (summed(after, field) - summed(before, field)) / times;
  return {
    workerRequests: (after.requests - before.requests) / times,
    objectRequests: objects("requests"),
    gbSeconds: (objects("heldMs") / 1000) * OBJECT_GB,
    rowsRead: objects("rowsRead"),
    rowsWritten: objects("rowsWritten"),
    gbMonths: (objects("storedBytes") / 1e9) * MONTHS_KEPT,
    classA: (after.r2.classA - before.r2.classA) / times,
    classB: (after.r2.classB - before.r2.classB) / times,
  };
}

async function reading(url: string): Promise<Reading> {
  await sleep(SETTLE_MS);
  return (await (await fetch(`${url}/cost`)).json()) as Reading;
}

function summed(usage: Usage, field: keyof Usage["objects"][string]): number {
  return Object.values(usage.objects).reduce((sum, of) => sum + of[field], 0);
}
