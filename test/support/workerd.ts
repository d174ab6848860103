/** The Worker as a user runs it: `wrangler dev` in a process of its own. */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, toolEnvironment } from "../../scripts/tool.ts";
import { endProcess, freePort, hasEnded, startProcess } from "./processes.ts";

/** How long wrangler may take to build and start, in milliseconds. */
const START_MS = 60_000;

export interface WorkerOptions {
  /** Variables of the Worker, as in its `[vars]`: strings, or what is to be written as JSON. */
  vars?: Readonly<Record<string, unknown>>;
  /** @default any free port */
  port?: number;
  /** Where Durable Objects and R2 keep what they store; give it to a second Worker to go on from there. @default a new temporary folder, removed by `stop` */
  persistTo?: string;
  /** @default false */
  minify?: boolean;
  /** Another Worker's configuration file. @default the project's */
  config?: string;
  /** Another entry point than the configuration names. */
  main?: string;
}

export interface RunningWorker {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** wrangler itself; workerd is one of its descendants. */
  process: ChildProcess;
  pid: number;
  persistTo: string;
  /** Ends it as Ctrl-C does, and waits until all of it is gone. */
  stop(): Promise<void>;
  /** Ends it at once with SIGKILL, workerd too, as a power cut would. What it stored stays, until `stop`. */
  kill(): Promise<void>;
  /** What it has printed so far. */
  logs(): string;
}

/** Times that a Worker is started whose port was taken by somebody else before it could listen. */
const MAX_STARTS = 3;

/** Starts the Worker and waits until it takes requests. Fails, with its output, where it does not. */
export async function startWorker(options: WorkerOptions = {}): Promise<RunningWorker> {
  for (let start = 1; ; start++) {
    try {
      return await startOnce(options);
    } catch (error) {
      const isTaken = options.port === undefined && error instanceof Error && /address already in use/i.test(error.message);
      if (!isTaken || start === MAX_STARTS) {
        throw error;
      }
    }
  }
}

async function startOnce(options: WorkerOptions): Promise<RunningWorker> {
  const folder = await mkdtemp(join(tmpdir(), "transship-worker-"));
  const persistTo = options.persistTo ?? join(folder, "state");
  const port = options.port ?? (await freePort());
  // Named and empty: whatever .dev.vars a developer keeps must not leak into a test.
  const envFile = join(folder, "empty.env");
  await writeFile(envFile, "");
  const args = [
    "dev",
    ...(options.main === undefined ? [] : [options.main]),
    ...["--config", options.config ?? join(ROOT, "wrangler.toml")],
    ...["--ip", "127.0.0.1", "--port", String(port)],
    ...["--inspector-port", String(await freePort())],
    ...["--persist-to", persistTo],
    ...["--env-file", envFile],
    "--show-interactive-dev-session=false",
    ...(options.minify ? ["--minify"] : []),
    // As arguments and not in that file, where quotes, `$` and new lines would need care.
    ...Object.entries(options.vars ?? {}).flatMap(([name, value]) => [
      "--var",
      `${name}:${typeof value === "string" ? value : JSON.stringify(value)}`,
    ]),
  ];
  // Temporary files go where they are removed even after a kill. wrangler's own record of every call, for its inspector page, costs more than the calls.
  const env = toolEnvironment({ TMPDIR: folder, X_LOCAL_OBSERVABILITY: "false" });
  const { child, logs } = startProcess("wrangler", args, { cwd: ROOT, env });
  const stop = async (): Promise<void> => {
    await endProcess(child, "SIGINT");
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await ready(child, logs);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    process: child,
    pid: child.pid ?? 0,
    persistTo,
    stop,
    kill: () => endProcess(child, "SIGKILL"),
    logs,
  };
}

/** Resolves at wrangler's line `Ready on http://…`, which comes once the Worker answers. */
function ready(child: ChildProcess, logs: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error(`wrangler dev was not ready after ${START_MS} ms\n${logs()}`)), START_MS);
    const look = (): void => {
      if (logs().includes("Ready on http://")) {
        done();
        resolve();
      }
    };
    const ended = (): void => {
      done();
      reject(new Error(`wrangler dev ended at once\n${logs()}`));
    };
    const done = (): void => {
      clearTimeout(timeout);
      child.stdout?.off("data", look);
      child.off("close", ended);
    };
    child.stdout?.on("data", look);
    child.once("close", ended);
    if (hasEnded(child)) {
      ended();
    }
  });
}
