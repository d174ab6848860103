/** Runs one command to its end and says what it cost. */
import { spawn } from "node:child_process";
import { descendants, memoryBytes } from "./process-usage.ts";

/** What a command took. */
interface CommandCost {
  wallMs: number;
  /** User and system time, of the command and of all children it waited for. */
  cpuMs: number;
  /** The most memory the command had in use. Sampled: a peak within its last few milliseconds is missed. */
  peakBytes: number;
}

/** How often memory is sampled, in milliseconds. The kernel keeps the peak, so that only the last sample matters. */
const SAMPLE_MS = 5;

/**
 * Runs a command and measures it. The shell's `time` reads the kernel's accounting of the ended child (wait4), to the
 * millisecond and without the shell itself. Rejects with the command's own output where it fails.
 */
export function measureCommand(command: string, args: readonly string[], signal: AbortSignal): Promise<CommandCost> {
  return new Promise((resolve, reject) => {
    // `time` writes to the shell's standard error, the command's own goes to standard output.
    const script = 'TIMEFORMAT="%3R %3U %3S"; time "$@" 2>&1';
    const shell = spawn("bash", ["-c", script, "bash", command, ...args], { stdio: ["ignore", "pipe", "pipe"], signal, detached: true });
    signal.addEventListener("abort", () => killGroup(shell.pid), { once: true });
    const output: Buffer[] = [];
    const times: Buffer[] = [];
    shell.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    shell.stderr.on("data", (chunk: Buffer) => times.push(chunk));
    let peakBytes = 0;
    let pids: number[] = [];
    const sampler = setInterval(() => {
      if (pids.length === 0 && shell.pid !== undefined) {
        pids = descendants(shell.pid);
      }
      peakBytes = Math.max(peakBytes, memoryBytes(pids, "VmHWM"));
    }, SAMPLE_MS);
    shell.on("error", (error) => {
      clearInterval(sampler);
      reject(error);
    });
    shell.on("close", (status) => {
      clearInterval(sampler);
      const [real, user, system] = Buffer.concat(times).toString().trim().split("\n").at(-1)?.split(" ").map(Number) ?? [];
      if (status !== 0 || real === undefined || user === undefined || system === undefined) {
        reject(new Error(`${command} ${args.join(" ")}: exit status ${status}\n${Buffer.concat(output)}`));
      } else {
        resolve({ wallMs: real * 1000, cpuMs: (user + system) * 1000, peakBytes });
      }
    });
  });
}

/** Ends a detached child with everything it started. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) {
      process.kill(-pid, "SIGKILL");
    }
  } catch {
    // Gone already.
  }
}
