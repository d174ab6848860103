/** Programs written in Go that tests compare with: from the PATH, or built by Go where that is there. */
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { isExecutable, onPath } from "./on-path.ts";
import { endProcess, startProcess } from "./processes.ts";

/** How a program is built, and of which version: those that results were seen to be the same with. */
interface Recipe {
  version: string;
  /** What `go install` takes, … */
  package?: string;
  /** … or a folder with a program of our own. */
  folder?: string;
}

const RECIPES = {
  crane: { version: "v0.22.1", package: "github.com/google/go-containerregistry/cmd/crane" },
  regctl: { version: "v0.11.7", package: "github.com/regclient/regclient/cmd/regctl" },
  oras: { version: "v1.3.6", package: "oras.land/oras/cmd/oras" },
  registry: { version: "v3.1.2", package: "github.com/distribution/distribution/v3/cmd/registry" },
  // The version is go-containerregistry's, as in its go.mod.
  "referrers-registry": { version: "v0.22.1", folder: join(import.meta.dirname, "go/referrers-registry") },
} satisfies Record<string, Recipe>;

export type GoProgram = keyof typeof RECIPES;

/**
 * How long all builds of a run may take together, in milliseconds. What is compiled by then Go keeps, so that the next run goes on from there: of these
 * distribution takes the longest, some 40 seconds on two cores.
 */
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
  for (const name of Object.keys(RECIPES) as GoProgram[]) {
    const path = onPath(name) ?? (await builtProgram(name, deadline));
    if (path !== undefined) {
      found[name] = path;
    }
  }
  return found;
}

async function builtProgram(name: GoProgram, deadline: number): Promise<string | undefined> {
  const path = join(FOLDER, RECIPES[name].version, name);
  if (isExecutable(path)) {
    return path;
  }
  const why = await build(RECIPES[name], path, deadline - Date.now());
  if (why !== undefined) {
    process.stderr.write(`not compared with ${name}: it is not on the PATH, and ${why}\n`);
  }
  return why === undefined ? path : undefined;
}

/** Builds a program at a path, whose last part is the program's own name; gives why that did not succeed. */
async function build(recipe: Recipe, path: string, ms: number): Promise<string | undefined> {
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
  await mkdir(dirname(path), { recursive: true });
  const { version, folder } = recipe;
  const args = folder === undefined ? ["install", `${recipe.package}@${version}`] : ["build", "-o", path, "."];
  const env = { ...process.env, GOBIN: dirname(path), CGO_ENABLED: "0" };
  const { child, logs } = startProcess(go, args, { env, ...(folder === undefined ? {} : { cwd: folder }) });
  const timer = setTimeout(() => void endProcess(child, "SIGKILL"), ms);
  const [status] = await once(child, "exit");
  clearTimeout(timer);
  return status === 0 ? undefined : `Go could not build it in time (${logs().trim().split("\n").at(-1) || "it was ended"})`;
}
