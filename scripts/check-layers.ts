/**
 * The architecture as a check: who may import whom, no cycles, small files, telling names. A command (`node scripts/check-layers.ts`) and, for
 * the tests, a function over texts.
 */
import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { ROOT } from "./tool.ts";

/** One finding: a file, by its path from the project's root, and what is wrong with it. */
export interface Violation {
  file: string;
  problem: string;
}

/** Longest file, in lines. */
export const MAX_LINES = 300;

interface Layer {
  /** Layers, and single files (`jobs/document`), that it may import besides its own files. */
  layers: readonly string[];
  /** Packages of others that it may import; Node's own, with their `node:`, are open to all. */
  packages: readonly string[];
}

/** Each layer of `src` and the complete list of what it may import. `index` is `src/index.ts`, `policy` may be a folder or a file. */
const LAYERS: Readonly<Record<string, Layer>> = {
  oci: { layers: [], packages: [] },
  net: { layers: [], packages: ["ipaddr.js"] },
  schema: { layers: [], packages: ["zod"] },
  registry: { layers: ["oci", "net"], packages: ["aws4fetch", "jose"] },
  staging: { layers: ["oci", "net"], packages: [] },
  copy: { layers: ["oci", "net"], packages: [] },
  policy: { layers: ["oci"], packages: ["picomatch"] },
  request: { layers: ["oci", "schema", "policy"], packages: ["picomatch", "re2js", "semver", "zod"] },
  compare: { layers: ["oci", "net", "registry"], packages: [] },
  config: { layers: ["oci", "net", "policy", "registry", "schema", "request"], packages: ["croner", "picomatch", "zod"] },
  jobs: { layers: ["oci", "net", "registry", "staging", "copy", "policy", "config", "request", "compare"], packages: ["standardwebhooks"] },
  triggers: {
    layers: ["oci", "net", "policy", "config", "schema", "request", "jobs/document"],
    packages: ["croner", "jose", "picomatch", "zod"],
  },
  api: {
    layers: ["oci", "net", "registry", "staging", "copy", "policy", "config", "schema", "request", "compare", "jobs", "triggers"],
    packages: ["itty-router", "picomatch", "zod"],
  },
  // Runs in a browser: of the rest it knows the documents that the API gives out, as types.
  dashboard: {
    layers: ["jobs/document", "compare/compare", "api/sync-document", "copy/transfer-plan", "request"],
    packages: ["preact"],
  },
  index: {
    layers: ["oci", "net", "registry", "staging", "copy", "policy", "config", "schema", "request", "compare", "jobs", "triggers", "api"],
    packages: ["itty-router"],
  },
};

/** The only files that may know the platform: its modules, and the bindings in `env`. Everything else gets what it needs as parameters. */
const PLATFORM_FILES = /^src\/(?:api\/.+|config\/.+|index\.ts|jobs\/(?:[\w-]+\/)?(?:[\w-]+-object|bindings|carrier|submit)\.ts)$/;

/** Names that say nothing about what is in a file, and so collect everything. */
const EMPTY_NAMES = /(?:^|\/)(?:utils?|helpers?|common|types|index|misc|shared)(?:\.[a-z]+)?$/i;

const IMPORT_PATTERNS: readonly RegExp[] = [
  // import … from "x", export … from "x", and import "x". At the start of a line, so not in a comment.
  /^[ \t]*(?:import|export)\b(?:[^"';]*?\bfrom)?\s*["']([^"'\n]+)["']/gm,
  // import("x"), as an expression or in a type.
  /\bimport\(\s*["']([^"'\n]+)["']\s*[,)]/g,
];

/** What a file imports, in any way, as it is written. */
export function importsOf(text: string): string[] {
  const found = IMPORT_PATTERNS.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ""));
  return [...new Set(found)];
}

/** Checks files, given as texts by their path from the project's root. Only `src` has layers; the length of a file counts everywhere. */
export function checkLayers(files: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = [];
  const graph = new Map<string, string[]>();
  for (const [file, text] of files) {
    const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
    if (lines > MAX_LINES) {
      violations.push({ file, problem: `has ${lines} lines, more than ${MAX_LINES}` });
    }
    if (file.startsWith("src/")) {
      const imports = importsOf(text);
      const targets = imports.filter(isRelative).map((specifier) => resolve(file, specifier));
      graph.set(file, targets);
      violations.push(...sourceProblems(file, text, imports).map((problem) => ({ file, problem })));
    }
  }
  const cycles = importCycles(graph).map((cycle) => ({ file: cycle[0] ?? "", problem: `import cycle: ${cycle.join(" → ")}` }));
  return [...violations, ...cycles];
}

function sourceProblems(file: string, text: string, imports: readonly string[]): string[] {
  const layer = LAYERS[layerOf(file)];
  if (layer === undefined) {
    return [`is in no known layer ("${layerOf(file)}")`];
  }
  const problems = [...imports.map((specifier) => importProblem(file, layer, specifier)), platformProblem(file, text), nameProblem(file)];
  return problems.filter((problem) => problem !== undefined);
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith(".");
}

function resolve(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier);
}

/** The layer of a file in `src`: the name of its folder there, or its own. */
function layerOf(file: string): string {
  return (file.split("/")[1] ?? "").replace(/\.[a-z]+$/, "");
}

function importProblem(file: string, layer: Layer, specifier: string): string | undefined {
  if (specifier.startsWith("node:") || specifier.startsWith("cloudflare:")) {
    return undefined;
  }
  if (!isRelative(specifier)) {
    const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
    return layer.packages.includes(name) ? undefined : `imports the package ${name}, which ${layerOf(file)} may not`;
  }
  const target = resolve(file, specifier);
  if (!target.startsWith("src/")) {
    return target === "package.json" ? undefined : `imports ${target}, which is outside src`;
  }
  const isOpen = layerOf(target) === layerOf(file) || layer.layers.some((open) => open === layerOf(target) || `src/${open}.ts` === target);
  return isOpen ? undefined : `imports ${target}, which ${layerOf(file)} may not`;
}

/** Comments that speak of the platform don't count. */
function platformProblem(file: string, text: string): string | undefined {
  if (PLATFORM_FILES.test(file)) {
    return undefined;
  }
  const code = text.replace(/\/\*[\s\S]*?\*\/|^[ \t]*\/\/.*$/gm, "");
  const found = /cloudflare:[a-z]+/.exec(code)?.[0] ?? /(?<![\w$"'`/-])env(?=\s*[.?[,):}=])/.exec(code)?.[0];
  return found === undefined ? undefined : `mentions ${found}, which only the edge of the program may`;
}

function nameProblem(file: string): string | undefined {
  return file.split("/").length > 2 && EMPTY_NAMES.test(file) ? "has a name that says nothing about its subject" : undefined;
}

/** Import cycles as closed paths, at least one of every group of files that import each other. Types count: they bind files together all the same. */
function importCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const state = new Map<string, "open" | "done">();
  const path: string[] = [];
  const visit = (file: string): void => {
    if (state.get(file) === "open") {
      cycles.push([...path.slice(path.indexOf(file)), file]);
    }
    if (state.has(file)) {
      return;
    }
    state.set(file, "open");
    path.push(file);
    for (const target of graph.get(file) ?? []) {
      visit(target);
    }
    path.pop();
    state.set(file, "done");
  };
  for (const file of graph.keys()) {
    visit(file);
  }
  return cycles;
}

/** Reads the project's own code: `src`, `test` and `scripts`. */
export async function readProject(root: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const folder of ["src", "test", "scripts"]) {
    for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && /\.(?:[cm]?[jt]sx?|html|css|sh)$/.test(entry.name)) {
        const path = join(entry.parentPath, entry.name);
        files.set(posix.relative(root, path), await readFile(path, "utf8"));
      }
    }
  }
  return files;
}

if (import.meta.main) {
  const files = await readProject(ROOT);
  const violations = checkLayers(files);
  for (const { file, problem } of violations) {
    console.log(`${file} ${problem}`);
  }
  console.log(`${files.size} files, ${violations.length} ${violations.length === 1 ? "violation" : "violations"}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
