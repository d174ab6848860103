/**
 * Builds the dashboard from `src/dashboard` into `dist/dashboard`, whose files the Worker serves as static assets. wrangler runs it before it
 * starts or deploys anything (`[build]` in wrangler.toml), the tests before they read wrangler.toml. A command, and a function.
 *
 * A file is written only where its content has changed: several of these may run at once, and a running `wrangler dev` watches the folder.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { ROOT } from "./tool.ts";

const SOURCES = join(ROOT, "src", "dashboard");
const OUTPUT = join(ROOT, "dist", "dashboard");

/** Largest script, gzipped, in bytes. */
const MAX_SCRIPT_BYTES = 60_000;

/**
 * What a browser may do with the page: run its own script and style and ask its own origin. Nothing can become markup, not even by mistake:
 * no sink that makes markup of text takes any (`require-trusted-types-for`, and no policy is allowed that would make it trusted).
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** The file that Cloudflare reads the headers of assets from. Names in `/assets` hold the hash of the content, so they never change. */
const HEADERS = `/*
  Content-Security-Policy: ${POLICY}
  Cross-Origin-Opener-Policy: same-origin
  Cross-Origin-Resource-Policy: same-origin
  Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()
  Referrer-Policy: no-referrer
  X-Content-Type-Options: nosniff
  X-Frame-Options: DENY

/assets/*
  Cache-Control: public, max-age=31536000, immutable
`;

/** The sizes of what was built. */
interface BuiltDashboard {
  /** Size of the script, gzipped, in bytes. */
  scriptBytes: number;
  /** Size of the style sheet, gzipped, in bytes. */
  styleBytes: number;
}

/** Builds the dashboard. Fails where its source does not compile, and where the script is larger than {@link MAX_SCRIPT_BYTES}. */
export async function buildDashboard(): Promise<BuiltDashboard> {
  const [script, style] = await Promise.all([bundle("start.tsx"), bundle("style.css")]);
  const scriptBytes = gzipSync(script).length;
  if (scriptBytes > MAX_SCRIPT_BYTES) {
    throw new Error(`the dashboard's script has ${scriptBytes} bytes gzipped, more than ${MAX_SCRIPT_BYTES}`);
  }
  const icon = await readFile(join(SOURCES, "icon.svg"));
  const names = { SCRIPT: named("dashboard", ".js", script), STYLE: named("dashboard", ".css", style), ICON: named("icon", ".svg", icon) };
  const page = (await readFile(join(SOURCES, "page.html"), "utf8")).replace(
    /%(SCRIPT|STYLE|ICON)%/g,
    (_, name: keyof typeof names) => `/${names[name]}`,
  );
  await writeFiles({ [names.SCRIPT]: script, [names.STYLE]: style, [names.ICON]: icon, _headers: HEADERS, "index.html": page });
  return { scriptBytes, styleBytes: gzipSync(style).length };
}

async function bundle(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(SOURCES, entry)],
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome123", "firefox120", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    write: false,
    logLevel: "warning",
  });
  const [file] = outputFiles;
  if (file === undefined) {
    throw new Error(`${entry} was built into nothing`);
  }
  return file.contents;
}

function named(stem: string, extension: string, content: Uint8Array): string {
  return `assets/${stem}-${createHash("sha256").update(content).digest("hex").slice(0, 12)}${extension}`;
}

/** Makes the folder hold exactly these files. */
async function writeFiles(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(OUTPUT, name);
    const known = await readFile(path).catch(() => undefined);
    if (known === undefined || !known.equals(Buffer.from(content))) {
      await mkdir(dirname(path), { recursive: true });
      // Renamed into place: who reads it meanwhile sees the old file or the new one. Its other name is outside the folder that is served.
      const draft = join(dirname(OUTPUT), `.${process.pid}-${name.replaceAll("/", "-")}`);
      await writeFile(draft, content);
      await rename(draft, path);
    }
  }
  for (const entry of await readdir(OUTPUT, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !Object.keys(files).some((name) => join(OUTPUT, name) === path)) {
      await rm(path, { force: true });
    }
  }
}

if (import.meta.main) {
  const { scriptBytes, styleBytes } = await buildDashboard();
  console.log(`dashboard: ${(scriptBytes / 1000).toFixed(1)} kB of script and ${(styleBytes / 1000).toFixed(1)} kB of style, gzipped`);
}
