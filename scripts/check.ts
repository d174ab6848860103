/**
 * `npm run check`: everything that can be said about the code without running it. One step after the other, cheapest
 * first, each with its time; the first failure ends it with the step's own output. Needs no network.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildDashboard } from "./build-dashboard.ts";
import { runTool, type ToolResult } from "./tool.ts";

interface Step {
  name: string;
  /** Commands, in order; the first that fails fails the step. */
  commands: readonly (readonly [string, ...string[]])[];
  /** Words for the line of a step that passed. */
  note?: () => Promise<string>;
}

const outdir = await mkdtemp(join(tmpdir(), "transship-check-"));

const steps: readonly Step[] = [
  {
    name: "format and lint",
    commands: [["biome", "check", "--config-path", "scripts", "--error-on-warnings", "--no-errors-on-unmatched"]],
  },
  {
    name: "types",
    commands: [
      // Before tsc: what `env` holds is read from wrangler.toml.
      ["wrangler", "types", "worker-configuration.d.ts", "--include-runtime=false"],
      ["tsc", "-p", "tsconfig.json"],
      ["tsc", "-p", "src/dashboard/tsconfig.json"],
      ["tsc", "-p", "test/tsconfig.json"],
      ["tsc", "-p", "scripts/tsconfig.json"],
    ],
  },
  { name: "architecture", commands: [["node", "scripts/check-layers.ts"]] },
  { name: "dashboard", commands: [["node", "scripts/build-dashboard.ts"]], note: dashboardSize },
  { name: "bundle", commands: [["wrangler", "deploy", "--dry-run", "--outdir", outdir]], note: bundleSize },
];

/** Runs a step's commands until one fails. */
async function run(step: Step): Promise<ToolResult & { command: string }> {
  for (const [tool, ...args] of step.commands) {
    const result = await runTool(tool, args);
    if (result.status !== 0) {
      return { ...result, command: [tool, ...args].join(" ") };
    }
  }
  return { status: 0, output: "", command: "" };
}

/** Sizes of the bundle that wrangler has written, without its source maps. */
async function bundleSize(): Promise<string> {
  let raw = 0;
  let zipped = 0;
  for (const file of await readdir(outdir, { recursive: true, withFileTypes: true })) {
    if (file.isFile() && !/\.map$|^README\.md$/.test(file.name)) {
      const bytes = await readFile(join(file.parentPath, file.name));
      raw += bytes.length;
      zipped += gzipSync(bytes).length;
    }
  }
  return `${kib(raw)} KiB, ${kib(zipped)} KiB gzipped`;
}

/** Size of what the step before has built. */
async function dashboardSize(): Promise<string> {
  const { scriptBytes, styleBytes } = await buildDashboard();
  return `${kib(scriptBytes)} KiB of script, ${kib(styleBytes)} KiB of style, gzipped`;
}

function kib(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}

try {
  const begin = performance.now();
  for (const step of steps) {
    const start = performance.now();
    const result = await run(step);
    const time = `${((performance.now() - start) / 1000).toFixed(1)} s`.padStart(7);
    if (result.status !== 0) {
      console.log(`✗ ${step.name.padEnd(16)} ${time}\n\n${result.output.trimEnd()}\n`);
      console.log(`check failed: ${step.name} (${result.command}: exit status ${result.status})`);
      process.exitCode = 1;
      break;
    }
    console.log(`✓ ${step.name.padEnd(16)} ${time}  ${(await step.note?.()) ?? ""}`.trimEnd());
  }
  if (process.exitCode === undefined) {
    console.log(`check passed in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  }
} finally {
  await rm(outdir, { recursive: true, force: true });
}
