/** What processes cost: CPU time and memory, read from Linux's /proc (proc(5)). */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Clock ticks a second in /proc: `USER_HZ`, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU time that the processes have used so far, user and system, in milliseconds, to 10 ms each. A process that is gone counts as 0. */
export function cpuMs(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    // The second field is the command in parentheses and may itself hold spaces and parentheses.
    const fields = read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return (ticks * 1000) / TICKS_PER_SECOND;
}

/** Memory in use now (`VmRSS`) or at most since the last reset (`VmHWM`), summed over the processes, in bytes. */
export function memoryBytes(pids: readonly number[], field: "VmRSS" | "VmHWM"): number {
  let bytes = 0;
  for (const pid of pids) {
    const line = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(read(`/proc/${pid}/status`));
    bytes += Number(line?.[1] ?? 0) * 1024;
  }
  return bytes;
}

/** Starts `VmHWM` again from the memory in use now. */
export function resetPeakMemory(pids: readonly number[]): void {
  for (const pid of pids) {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  }
}

/** All processes below `root` that run the command `name` (as /proc knows it: at most 15 characters). */
export function descendants(root: number, name?: string): number[] {
  const children = new Map<number, number[]>();
  const names = new Map<number, string>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    const stat = Number.isInteger(pid) ? read(`/proc/${pid}/stat`) : "";
    const match = /^\d+ \((.*)\) \S (\d+)/s.exec(stat);
    if (match !== null) {
      const parent = Number(match[2]);
      children.set(parent, [...(children.get(parent) ?? []), pid]);
      names.set(pid, match[1] ?? "");
    }
  }
  const found: number[] = [];
  const left = [...(children.get(root) ?? [])];
  for (let pid = left.pop(); pid !== undefined; pid = left.pop()) {
    left.push(...(children.get(pid) ?? []));
    if (name === undefined || names.get(pid) === name) {
      found.push(pid);
    }
  }
  return found;
}

/** A file's text; nothing where it is gone, as a process may end at any moment. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
