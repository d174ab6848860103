/** Runs the project's own command-line tools (those in `node_modules/.bin`). */
import { spawn } from "node:child_process";
import { delimiter, join } from "node:path";

/** The folder that holds `package.json`; every tool runs there. */
export const ROOT = join(import.meta.dirname, "..");

/** How a tool has ended. */
export interface ToolResult {
  /** Exit status; 1 where the tool could not be started or a signal ended it. */
  status: number;
  /** Standard output and standard error, in the order they came. Empty with `show`. */
  output: string;
}

/**
 * Returns an environment for the project's tools: its own Node and tools first on the PATH, and a wrangler that
 * neither reports usage nor looks for updates, so that nothing waits for a network.
 */
export function toolEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: [join(ROOT, "node_modules", ".bin"), process.env.PATH].filter(Boolean).join(delimiter),
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_WRITE_LOGS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    ...more,
  };
}

/** Runs a tool to its end. Never rejects: a tool that cannot be started is a status of 1 with the reason as output. */
export function runTool(
  name: string,
  args: readonly string[],
  options: { show?: boolean; env?: NodeJS.ProcessEnv } = {},
): Promise<ToolResult> {
  return new Promise((resolve) => {
    const child = spawn(name, args, {
      cwd: ROOT,
      env: toolEnvironment(options.env),
      stdio: options.show ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
    });
    const chunks: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", (error) => resolve({ status: 1, output: `${name}: ${error.message}` }));
    child.on("close", (code) => resolve({ status: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}
