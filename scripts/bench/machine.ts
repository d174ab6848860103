/** Describes the machine on which was measured. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, release, totalmem } from "node:os";

/** One line: date, processor, kernel, runtime. */
export function machineText(registry: string): string {
  const workerd = createRequire(import.meta.resolve("wrangler"))("workerd/package.json") as { version: string };
  return [
    new Date().toISOString().slice(0, 10),
    `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? "processor unknown"}`,
    `${Math.round(totalmem() / 1024 ** 3)} GiB of memory`,
    `${systemName()} (Linux ${release()})`,
    `workerd ${workerd.version}`,
    registry,
  ].join(" · ");
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "Linux";
  } catch {
    return "Linux";
  }
}
