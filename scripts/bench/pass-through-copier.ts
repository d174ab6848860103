/** The floor as a copier: what a Worker cannot be faster than. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startWorker } from "../../test/support/workerd.ts";
import { ROOT } from "../tool.ts";
import type { Copier, CopyTask } from "./copier.ts";
import { measureService } from "./service-cost.ts";

/** Starts the floor's Worker, with its configuration in `folder`. */
export async function startPassThroughCopier(folder: string): Promise<Copier> {
  await mkdir(folder, { recursive: true });
  const config = join(folder, "wrangler.json");
  const main = join(import.meta.dirname, "pass-through.ts");
  await writeFile(config, JSON.stringify({ name: "pass-through", main, compatibility_date: await compatibilityDate() }));
  const worker = await startWorker({ config });
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

/** The date of `wrangler.toml`, so that both Workers have the same runtime. */
async function compatibilityDate(): Promise<string> {
  const text = await readFile(join(ROOT, "wrangler.toml"), "utf8");
  const date = /^compatibility_date\s*=\s*"([^"]+)"/m.exec(text)?.[1];
  if (date === undefined) {
    throw new Error("wrangler.toml has no compatibility_date");
  }
  return date;
}

function query(task: CopyTask): URLSearchParams {
  return new URLSearchParams({
    source: `http://${task.from}/v2/${task.sourceRepository}`,
    reference: task.tag,
    destination: `http://${task.to}/v2/${task.destinationRepository}`,
  });
}
