/**
 * The Worker in the runtime alone, without `wrangler dev`: no proxy before it, and not the Worker that wrangler's runtime sends every outgoing request
 * through, neither of which is there in production. For measurements only: it has no R2 bucket, no dashboard and no cron.
 */
import type { ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { unstable_readConfig } from "wrangler";
import { ROOT, runTool } from "../../scripts/tool.ts";
import { endProcess, freePort, hasEnded, startProcess } from "./processes.ts";
import type { RunningWorker, WorkerOptions } from "./workerd.ts";

/** How long the runtime may take until it answers, in milliseconds. */
const START_MS = 20_000;

/** Bundles the Worker, starts it with the objects that its configuration names, and waits until it answers. Fails, with the runtime's output, where it does not. */
export async function startWorkerdAlone({
  vars = {},
  persistTo,
  config = join(ROOT, "wrangler.toml"),
}: Pick<WorkerOptions, "vars" | "persistTo" | "config"> = {}): Promise<RunningWorker> {
  const folder = await mkdtemp(join(tmpdir(), "transship-alone-"));
  const state = persistTo ?? join(folder, "state");
  await mkdir(state, { recursive: true });
  const { status, output } = await runTool("wrangler", ["deploy", "--dry-run", "--config", config, "--outdir", folder]);
  if (status !== 0) {
    throw new Error(`The bundle could not be built\n${output}`);
  }
  const port = await freePort();
  await writeFile(join(folder, "config.capnp"), capnp(config, { port, state, module: await moduleIn(folder), vars: Object.keys(vars) }));
  const texts = Object.entries(vars).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
  const { child, logs } = startProcess(join(ROOT, "node_modules/.bin/workerd"), ["serve", "--experimental", join(folder, "config.capnp")], {
    cwd: folder,
    env: { ...process.env, ...Object.fromEntries(texts) },
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await endProcess(child, "SIGINT");
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await answering(child, url, logs);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, process: child, pid: child.pid ?? 0, persistTo: state, stop, kill: () => endProcess(child, "SIGKILL"), logs };
}

/** Name of the one module that a bundle consists of. */
async function moduleIn(folder: string): Promise<string> {
  return (await readdir(folder)).find((file) => file.endsWith(".js")) ?? "";
}

/** The runtime's configuration (workerd.capnp). Variables come from its environment, where their values need no quotes. */
function capnp(
  config: string,
  { port, state, module, vars }: { port: number; state: string; module: string; vars: readonly string[] },
): string {
  const { compatibility_date: date, compatibility_flags: flags, durable_objects: objects } = unstable_readConfig({ config });
  const bindings: readonly { name: string; class_name: string }[] = objects.bindings;
  const names = bindings.map(({ name, class_name }) => ({ name, className: text(class_name) }));
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ( name = "worker", worker = .worker ),
    ( name = "state", disk = ( path = ${text(state)}, writable = true ) ),
    ( name = "internet", network = ( allow = ["public", "private"], tlsOptions = ( trustBrowserCas = true ) ) ),
  ],
  sockets = [ ( name = "http", address = "127.0.0.1:${port}", http = (), service = "worker" ) ],
);
const worker :Workerd.Worker = (
  modules = [ ( name = ${text(module)}, esModule = embed ${text(module)} ) ],
  compatibilityDate = ${text(date ?? "")},
  compatibilityFlags = [ ${flags.map(text).join(", ")} ],
  bindings = [
    ${vars.map((name) => `( name = ${text(name)}, fromEnvironment = ${text(name)} ),`).join("\n    ")}
    ${names.map(({ name, className }) => `( name = ${text(name)}, durableObjectNamespace = ${className} ),`).join("\n    ")}
  ],
  durableObjectNamespaces = [
    ${names.map(({ className }) => `( className = ${className}, uniqueKey = ${className}, enableSql = true ),`).join("\n    ")}
  ],
  durableObjectStorage = ( localDisk = "state" ),
);
`;
}

/** A text of Cap'n Proto's language, which quotes as JSON does. */
function text(value: string): string {
  return JSON.stringify(value);
}

async function answering(child: ChildProcess, url: string, logs: () => string): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    if (hasEnded(child) || Date.now() > deadline) {
      throw new Error(`workerd ${hasEnded(child) ? "ended at once" : `did not answer within ${START_MS} ms`}\n${logs()}`);
    }
    try {
      await (await fetch(`${url}/health`)).body?.cancel();
      return;
    } catch {
      await sleep(50);
    }
  }
}
