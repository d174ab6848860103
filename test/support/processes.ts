/** Processes that tests start: each in a group of its own, and none outlives the one that started it. */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";

/** How long a group has to end by itself before it is killed, in milliseconds. */
const PATIENCE_MS = 5000;

const running = new Set<ChildProcess>();

function killAll(): void {
  for (const child of running) {
    signalGroup(child, "SIGKILL");
  }
}

process.once("exit", killAll);
// In groups of their own, they do not get Ctrl-C. A program that handles it itself ends them itself.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, function end() {
    if (process.listenerCount(signal) === 1) {
      killAll();
      process.off(signal, end);
      process.kill(process.pid, signal);
    }
  });
}

interface StartedProcess {
  child: ChildProcess;
  /** Standard output and standard error so far. */
  logs: () => string;
}

/** Starts a program. Its group is ended with {@link endProcess}, or at the latest when this process ends. */
export function startProcess(
  file: string,
  args: readonly string[],
  { cwd, env = process.env }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): StartedProcess {
  const child = spawn(file, args, { detached: true, stdio: ["ignore", "pipe", "pipe"], env, ...(cwd === undefined ? {} : { cwd }) });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.on("error", (error) => chunks.push(Buffer.from(`${file}: ${error.message}\n`)));
  running.add(child);
  return { child, logs: () => Buffer.concat(chunks).toString() };
}

/** Whether a program has ended, or never began. */
export function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** Sends a signal to a program and all it has started, and resolves once the whole group is gone; it is killed where it takes too long. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  signalGroup(child, signal);
  // A group has no event for its end, so it is asked for.
  while (child.pid !== undefined && groupLives(child.pid)) {
    if (Date.now() > deadline) {
      signalGroup(child, "SIGKILL");
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  running.delete(child);
}

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether a group has members that are not dead. In a container nobody may reap the dead, and signals do not tell them from the living. */
function groupLives(group: number): boolean {
  if (process.platform !== "linux") {
    return signalled(group, 0);
  }
  return readdirSync("/proc").some((pid) => {
    if (!/^\d+$/.test(pid)) {
      return false;
    }
    try {
      // proc(5): pid (command) state parent group … ; the command may hold anything.
      const [state = "", , of = ""] = readFileSync(`/proc/${pid}/stat`, "latin1")
        .replace(/^.*\) /s, "")
        .split(" ");
      return Number(of) === group && !"ZX".includes(state);
    } catch {
      return false;
    }
  });
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) {
    signalled(child.pid, signal);
  }
}

/** Signals a group; `false` where it is gone. */
function signalled(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}
