/** Debian's Chromium, driven over the DevTools protocol. Nothing is downloaded: where the machine has none, what needs it is skipped. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { onPath } from "../on-path.ts";

/** The program, or `undefined` where this machine has none. */
export function chromiumBinary(): string | undefined {
  return onPath("chromium") ?? onPath("chromium-browser") ?? onPath("google-chrome");
}

/** Nothing of the browser's own may go anywhere, least of all to its maker. */
const QUIET = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface Browser {
  page: Page;
  context: BrowserContext;
  /** Every request that the page has made so far: its method and URL. */
  requests: string[];
  /** What the page has complained about so far: errors, and what its Content-Security-Policy has stopped. */
  complaints: string[];
  close(): Promise<void>;
}

/** Starts a browser with a fresh profile and one page. */
export async function startBrowser(options: BrowserContextOptions = {}): Promise<Browser> {
  const executablePath = chromiumBinary();
  if (executablePath === undefined) {
    throw new Error("no chromium on the PATH");
  }
  const profile = await mkdtemp(join(tmpdir(), "transship-chromium-"));
  const context = await chromium.launchPersistentContext(profile, { ...options, executablePath, args: QUIET, headless: true });
  const page = context.pages()[0] ?? (await context.newPage());
  const requests: string[] = [];
  const complaints: string[] = [];
  context.on("request", (request) => requests.push(`${request.method()} ${request.url()}`));
  context.on("weberror", (error) => complaints.push(String(error.error())));
  page.on("console", (message) => {
    // A status of 4xx is logged by the browser itself; what is made of it is for the tests.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(message.text());
    }
  });
  return {
    page,
    context,
    requests,
    complaints,
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
