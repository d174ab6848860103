/** Configurations of the bench's own Workers, which transship is measured beside. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../tool.ts";

/** Writes the configuration of the Worker `<name>.ts` beside this file into `folder` and returns its path. It has transship's runtime, and no bindings. */
export async function writeWorkerConfig(folder: string, name: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const config = join(folder, `${name}.json`);
  const main = join(import.meta.dirname, `${name}.ts`);
  await writeFile(config, JSON.stringify({ name, main, compatibility_date: await compatibilityDate() }));
  return config;
}

/** The date of `wrangler.toml`, so that all Workers have the same runtime. */
async function compatibilityDate(): Promise<string> {
  const text = await readFile(join(ROOT, "wrangler.toml"), "utf8");
  const date = /^compatibility_date\s*=\s*"([^"]+)"/m.exec(text)?.[1];
  if (date === undefined) {
    throw new Error("wrangler.toml has no compatibility_date");
  }
  return date;
}
