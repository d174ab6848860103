/** The floor as a copier: what a Worker cannot be faster than. */
import { startWorker } from "../../test/support/workerd.ts";
import type { Copier, CopyTask } from "./copier.ts";
import { measureService } from "./service-cost.ts";
import { writeWorkerConfig } from "./worker-config.ts";

/** Starts the floor's Worker, with its configuration in `folder`. */
export async function startPassThroughCopier(folder: string): Promise<Copier> {
  const worker = await startWorker({ config: await writeWorkerConfig(folder, "pass-through") });
  return {
    name: "pass-through",
    version: "no digest, the same runtime",
    kind: "service",
    skipsExisting: false,
    copy: (task, signal) =>
      measureService(worker.pid, async () => {
        const answer = await fetch(`${worker.url}/?${query(task)}`, { method: "POST", signal });
        const text = await answer.text();
        if (!answer.ok) {
          throw new Error(text);
        }
      }),
    stop: () => worker.stop(),
  };
}

function query(task: CopyTask): URLSearchParams {
  return new URLSearchParams({
    source: `http://${task.from}/v2/${task.sourceRepository}`,
    reference: task.tag,
    destination: `http://${task.to}/v2/${task.destinationRepository}`,
  });
}
