/**
 * The architecture as a check: who may import whom, no cycles, small files, names and headers that say what a file is about. A command
 * (`node scripts/check-layers.ts`) and, for the tests, functions over texts.
 */
import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { ROOT } from "./tool.ts";

/** One finding: a file or folder, by its path from the project's root, and what is wrong with it. */
export interface Violation {
  file: string;
  problem: string;
}

/** Most lines that a file may have. */
export const MAX_LINES = 300;

interface Layer {
  /** Layers, and single files (`jobs/document`), that it may import besides its own files. */
  layers: readonly string[];
  /** Packages of others that it may import; Node's own, with their `node:`, are open to all. */
  packages: readonly string[];
}

/**
 * Each layer of `src` and the complete list of what it imports: an entry that no file needs is a finding too. `index` is `src/index.ts`, `policy` may be a
 * folder or a file.
 */
const LAYERS: Readonly<Record<string, Layer>> = {
  oci: { layers: [], packages: [] },
  net: { layers: [], packages: ["ipaddr.js"] },
  schema: { layers: [], packages: ["zod"] },
  policy: { layers: [], packages: ["picomatch"] },
  registry: { layers: ["oci", "net"], packages: ["aws4fetch", "jose"] },
  staging: { layers: ["oci", "net"], packages: [] },
  copy: { layers: ["oci", "net"], packages: [] },
  compare: { layers: ["oci", "net"], packages: [] },
  request: { layers: ["oci", "schema", "policy"], packages: ["picomatch", "re2js", "semver", "zod"] },
  config: { layers: ["oci", "net", "policy", "registry", "schema", "request"], packages: ["croner", "zod"] },
  jobs: { layers: ["oci", "net", "registry", "staging", "copy", "config", "request"], packages: ["standardwebhooks"] },
  triggers: { layers: ["oci", "net", "policy", "config", "schema", "request", "jobs/document"], packages: ["jose"] },
  api: {
    layers: ["oci", "net/header-grammar", "registry", "copy", "policy", "config", "schema", "request", "compare", "jobs", "triggers"],
    packages: ["itty-router", "zod"],
  },
  // Runs in a browser: all that it knows of the rest are the types of the documents that the API answers with.
  dashboard: {
    layers: ["jobs/document", "compare/compare", "api/sync-document", "copy/transfer-plan", "request/copy-request"],
    packages: ["preact"],
  },
  index: { layers: ["staging", "config", "request", "jobs", "api"], packages: [] },
};

/** The only files that may know the platform: its modules, and the bindings in `env`. Everything else gets what it needs as parameters. */
const PLATFORM_FILES = /^src\/(?:api\/.+|config\/.+|index\.ts|jobs\/(?:[\w-]+\/)?(?:[\w-]+-object|bindings|carrier|submit)\.ts)$/;

/** Names that say nothing about what is in a file, so that anything might be put there. */
const EMPTY_NAMES = /(?:^|\/)(?:utils?|helpers?|common|types|index|misc|shared)(?:\.[a-z]+)?$/i;

const IMPORT_PATTERNS: readonly RegExp[] = [
  // import … from "x", export … from "x", and import "x". At the start of a line, so not in a comment.
  /^[ \t]*(?:import|export)\b(?:[^"';]*?\bfrom)?\s*["']([^"'\n]+)["']/gm,
  // import("x"), as an expression or in a type.
  /\bimport\(\s*["']([^"'\n]+)["']\s*[,)]/g,
];

/** Returns what a file imports or exports again, as it is written there, each once. */
export function importsOf(text: string): string[] {
  const found = IMPORT_PATTERNS.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ""));
  return [...new Set(found)];
}

/** Checks the whole project, given as texts by their path from its root. */
export function checkProject(files: ReadonlyMap<string, string>): Violation[] {
  return [...checkLayers(files), ...unusedPermissions(files), ...missingHeaders(files)];
}

/** Checks each file, and the imports between them. Only `src` has layers; the length of a file counts everywhere. */
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

/** Finds what a layer may import although none of its files does. */
export function unusedPermissions(files: ReadonlyMap<string, string>): Violation[] {
  const sources = [...files].filter(([file]) => file.startsWith("src/"));
  return Object.entries(LAYERS).flatMap(([name, { layers, packages }]) => {
    const imports = sources
      .filter(([file]) => layerOf(file) === name)
      .flatMap(([file, text]) => importsOf(text).map((specifier) => ({ file, specifier })));
    const isUsed = (open: string) =>
      imports.some(({ file, specifier }) => isRelative(specifier) && opensTo(open, resolve(file, specifier)));
    const unused = [
      ...layers.filter((open) => !isUsed(open)),
      ...packages.filter((open) => !imports.some(({ specifier }) => packageOf(specifier) === open)),
    ];
    return unused.map((open) => ({ file: `src/${name}`, problem: `may import ${open} but no file does` }));
  });
}

/** Finds the files of `src` whose reader is not told what they are about, neither at their beginning nor at what they export first. */
export function missingHeaders(files: ReadonlyMap<string, string>): Violation[] {
  return [...files]
    .filter(([file, text]) => /^src\/.*\.tsx?$/.test(file) && !/^\/\*\*|\*\/\nexport /.test(text.split(/(?<=^export )/m, 1)[0] ?? ""))
    .map(([file]) => ({ file, problem: "begins with no comment, and what it exports first has none" }));
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
    const name = packageOf(specifier);
    return layer.packages.includes(name) ? undefined : `imports the package ${name}, which ${layerOf(file)} may not`;
  }
  const target = resolve(file, specifier);
  if (!target.startsWith("src/")) {
    return target === "package.json" ? undefined : `imports ${target}, which is outside src`;
  }
  const isOpen = layerOf(target) === layerOf(file) || layer.layers.some((open) => opensTo(open, target));
  return isOpen ? undefined : `imports ${target}, which ${layerOf(file)} may not`;
}

/** Whether an entry of a layer's list, a layer or a single file, covers a file. */
function opensTo(open: string, target: string): boolean {
  return open === layerOf(target) || `src/${open}.ts` === target;
}

/** The name of the package that a specifier is of, `@scope/name` or `name`. */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** Comments that mention the platform don't count. */
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

/** Import cycles as closed paths, at least one for each group of files that import each other. Imports of types count: they couple files as others do. */
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

/** Reads the project's own code, that in `src`, `test` and `scripts`, as texts by their path from the root. */
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
  const violations = checkProject(files);
  for (const { file, problem } of violations) {
    console.log(`${file} ${problem}`);
  }
  console.log(`${files.size} files, ${violations.length} ${violations.length === 1 ? "violation" : "violations"}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
