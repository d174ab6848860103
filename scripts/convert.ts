/**
 * `npm run convert -- FILE`: makes transship's `SYNC` and `REGISTRIES` of a `regsync.yml`, or of a file for `skopeo sync --src yaml` (with `--to`).
 * Standard output is what goes into the configuration, checked by the Worker's own reader; standard error says what did not come over.
 */
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { readRegistries } from "../src/config/registries.ts";
import { readSyncs } from "../src/config/syncs.ts";
import type { Conversion } from "./convert/conversion.ts";
import { convertRegsync } from "./convert/regsync.ts";
import { convertSkopeoSync } from "./convert/skopeo-sync.ts";

const USAGE = `npm run convert -- FILE [options]
  FILE                a regsync.yml or, with --to, a file for skopeo sync --src yaml; - for standard input
  --to DESTINATION    skopeo: where to, a registry and perhaps a path
  --scoped            skopeo: keep registry and path of the source in the destination's name
  --schedule PATTERN  skopeo: when, cron's five fields in UTC (default: 0 3 * * *)
  --toml              as [vars] for wrangler.toml instead of JSON
  --help`;

function convert(content: string, values: { to?: string; scoped?: boolean; schedule?: string }): Conversion {
  const { to, scoped = false, schedule } = values;
  return to === undefined
    ? convertRegsync(content)
    : convertSkopeoSync(content, { destination: to, scoped, ...(schedule === undefined ? {} : { schedule }) });
}

/** The settings as text. TOML's literal strings hold any JSON: it has no line that is three quotes. */
function settingsText({ syncs, registries }: Conversion, toml: boolean): string {
  const settings = { SYNC: syncs, ...(Object.keys(registries).length === 0 ? {} : { REGISTRIES: registries }) };
  if (!toml) {
    return JSON.stringify(settings, null, 2);
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '''\n${JSON.stringify(value, null, 2)}\n'''`);
  return ["[vars]", ...lines].join("\n");
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: {
      to: { type: "string" },
      scoped: { type: "boolean" },
      schedule: { type: "string" },
      toml: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [file] = positionals;
  if (values.help || file === undefined || positionals.length > 1) {
    console.error(USAGE);
    return values.help ? 0 : 2;
  }
  const conversion = convert(file === "-" ? await text(process.stdin) : await readFile(file, "utf8"), values);
  readSyncs({ SYNC: conversion.syncs });
  readRegistries({ REGISTRIES: conversion.registries });
  console.log(settingsText(conversion, values.toml));
  for (const note of conversion.notes) {
    console.error(`note: ${note}`);
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`convert: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
