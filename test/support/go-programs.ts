/** Programs written in Go that tests compare with: from the PATH, or built by Go where that is there. */
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { isExecutable, onPath } from "./on-path.ts";
import { endProcess, startProcess } from "./processes.ts";

/** The versions that results were seen to be the same with. */
const PACKAGES = {
  crane: "github.com/google/go-containerregistry/cmd/crane@v0.22.1",
  regctl: "github.com/regclient/regclient/cmd/regctl@v0.11.7",
  oras: "oras.land/oras/cmd/oras@v1.3.6",
  registry: "github.com/distribution/distribution/v3/cmd/registry@v3.1.2",
} as const;

export type GoProgram = keyof typeof PACKAGES;

/** How long all builds of a run may take together, in milliseconds. What is compiled by then Go keeps, so that the next run goes on from there. */
const BUILD_MS = 20_000;

/** Outside of the project: the same for every working copy. */
const FOLDER = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "transship-test");

/**
 * The path of each program that this machine has, or that could be built in time; why another is missing is printed. Nothing is built in
 * continuous integration (`CI`), where every run would begin anew.
 */
export async function findGoPrograms(): Promise<Partial<Record<GoProgram, string>>> {
  const found: Partial<Record<GoProgram, string>> = {};
  const deadline = Date.now() + BUILD_MS;
  for (const name of Object.keys(PACKAGES) as GoProgram[]) {
    const path = onPath(name) ?? (await builtProgram(name, deadline));
    if (path !== undefined) {
      found[name] = path;
    }
  }
  return found;
}

async function builtProgram(name: GoProgram, deadline: number): Promise<string | undefined> {
  const path = join(FOLDER, PACKAGES[name].slice(PACKAGES[name].lastIndexOf("@") + 1), name);
  if (isExecutable(path)) {
    return path;
  }
  const why = await build(name, join(path, ".."), deadline - Date.now());
  if (why !== undefined) {
    process.stderr.write(`not compared with ${name}: it is not on the PATH, and ${why}\n`);
  }
  return why === undefined ? path : undefined;
}

/** Builds a program into a folder; gives why that did not succeed. */
async function build(name: GoProgram, folder: string, ms: number): Promise<string | undefined> {
  const go = onPath("go");
  if (go === undefined) {
    return "Go is not either";
  }
  if (process.env.CI !== undefined) {
    return "nothing is built in continuous integration";
  }
  if (ms <= 0) {
    return "there was no time left to build it";
  }
  await mkdir(folder, { recursive: true });
  const { child, logs } = startProcess(go, ["install", PACKAGES[name]], { env: { ...process.env, GOBIN: folder, CGO_ENABLED: "0" } });
  const timer = setTimeout(() => void endProcess(child, "SIGKILL"), ms);
  const [status] = await once(child, "exit");
  clearTimeout(timer);
  return status === 0 ? undefined : `Go could not build it in time (${logs().trim().split("\n").at(-1) || "it was ended"})`;
}
