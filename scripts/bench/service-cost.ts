/** What one piece of work costs a service that runs already. */
import { setTimeout as sleep } from "node:timers/promises";
import type { CopyCost } from "./copier.ts";
import { cpuMs, descendants, memoryBytes, resetPeakMemory } from "./process-usage.ts";

/** How long after its answer a service is still measured, in milliseconds: it may have notes to write, or to clean up. */
const SETTLE_MS = 250;

/**
 * Does the work and measures it: time by the clock, CPU and growth of memory of all workerd processes below `wrangler`. Rejects
 * where the work does, and where wrangler has started the runtime anew meanwhile, as it does when a source file changes.
 */
export async function measureService(wrangler: number, work: () => Promise<void>): Promise<CopyCost> {
  const pids = descendants(wrangler, "workerd");
  resetPeakMemory(pids);
  const memoryBefore = memoryBytes(pids, "VmRSS");
  const cpuBefore = cpuMs(pids);
  const start = performance.now();
  await work();
  const wallMs = performance.now() - start;
  await sleep(SETTLE_MS);
  if (String(descendants(wrangler, "workerd")) !== String(pids)) {
    throw new Error("the runtime was started anew during the copy: was a source file changed?");
  }
  return {
    wallMs,
    cpuMs: cpuMs(pids) - cpuBefore,
    memoryBytes: Math.max(0, memoryBytes(pids, "VmHWM") - memoryBefore),
  };
}
