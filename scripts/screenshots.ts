/**
 * `npm run screenshots`: takes the pictures of the dashboard that stand in the README anew, of real jobs between two registries of the tests. Needs
 * Chromium on the PATH. Exit status 1 where there is none, or a picture is larger than a README should load.
 */
import { stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { chromiumBinary, startBrowser } from "../test/support/browser/chromium.ts";
import { type Dashboard, HUB, MIRROR, startDashboard } from "../test/support/browser/dashboard.ts";
import { storeImage } from "../test/support/images/deliver.ts";
import { generateImage, type ImageOptions } from "../test/support/images/image.ts";
import { ROOT } from "./tool.ts";

const FOLDER = join(ROOT, "test", "browser", "screenshots");
const MIB = 1024 ** 2;

/** Largest picture, in bytes. */
const MAX_BYTES = 150_000;

/** What the source registry has. */
const IMAGES: readonly { name: string; tag: string; layers: readonly number[]; more?: ImageOptions }[] = [
  { name: "library/postgres", tag: "17.2", layers: [30 * MIB, 9 * MIB, 4 * MIB, 120_000], more: { attestations: true } },
  { name: "library/busybox", tag: "1.36", layers: [2 * MIB] },
  { name: "grafana/grafana", tag: "11.4.0", layers: [6 * MIB, 2 * MIB, 90_000] },
];

/** Copies that were made before the pictures are taken, the oldest first. */
const COPIES: readonly Record<string, unknown>[] = [
  { source: `${HUB}/library/busybox:1.36`, destination: [`${MIRROR}/mirror/busybox:1.36`], labels: { ticket: "OPS-7" } },
  { source: `${HUB}/library/busybox:1.36`, destination: [`${MIRROR}/mirror/busybox:1.36`] },
  { source: `${HUB}/library/redis:7.9`, destination: [`${MIRROR}/mirror/redis:7.9`] },
  {
    source: `${HUB}/grafana/grafana:11.4.0`,
    destination: [`${MIRROR}/prod/grafana:11.4.0`, `${MIRROR}/prod/grafana:latest`],
    referrers: true,
  },
  { source: `${HUB}/grafana/grafana:11.4.0`, destination: [`${MIRROR}/edge/grafana:11.4.0`], platforms: ["linux/amd64"], index: "single" },
  { source: `${HUB}/library/postgres:17.2`, destination: [`${MIRROR}/mirror/postgres:17.2`], dryRun: true },
];

interface Picture {
  name: string;
  options: BrowserContextOptions;
  /** Brings the page to what is to be seen. */
  show(page: Page): Promise<void>;
}

async function prepare({ hub, service }: Dashboard): Promise<string> {
  for (const { name, tag, layers, more } of IMAGES) {
    storeImage(hub, name, tag, await generateImage({ seed: name, layers, ...more }));
  }
  for (const { source, destination, ...more } of COPIES) {
    await service.copy(source as string, destination as string[], { more });
  }
  hub.fail({ method: "GET", path: "/blobs/", times: "always", action: { rate: 1.2 * MIB } });
  const { id } = await service.submit(`${HUB}/library/postgres:17.2`, [`${MIRROR}/mirror/postgres:17.2`, `${MIRROR}/mirror/postgres:17`], {
    more: { labels: { team: "data", ticket: "OPS-1207" } },
  });
  return id;
}

function pictures(url: string, id: string): Picture[] {
  const wide = { width: 1280, height: 860 };
  const compared = new URLSearchParams({ left: `${HUB}/grafana/grafana:11.4.0`, right: `${MIRROR}/edge/grafana:11.4.0` });
  return [
    {
      name: "job",
      options: { viewport: wide, colorScheme: "light" },
      show: async (page) => {
        await page.goto(`${url}/#/jobs/${id}`);
        await page.locator(".tree").waitFor();
        await page.getByText(/about \d+ s left/).waitFor();
      },
    },
    {
      name: "jobs-dark",
      options: { viewport: { width: 1280, height: 508 }, colorScheme: "dark" },
      show: async (page) => {
        await page.goto(`${url}/#/jobs`);
        await page.getByText(/[1-9]\d?\.\d of \d/).waitFor();
      },
    },
    {
      name: "compare",
      options: { viewport: { width: 1280, height: 736 }, colorScheme: "light" },
      show: async (page) => {
        await page.goto(`${url}/#/compare?${compared}`);
        await page.locator(".differences").waitFor();
      },
    },
  ];
}

async function take({ name, options, show }: Picture): Promise<boolean> {
  const browser = await startBrowser({ ...options, reducedMotion: "reduce" });
  try {
    const path = join(FOLDER, `${name}.png`);
    await show(browser.page);
    await browser.page.screenshot({ path });
    const { size } = await stat(path);
    console.log(`${relative(ROOT, path)}: ${(size / 1000).toFixed(0)} kB`);
    return size <= MAX_BYTES;
  } finally {
    await browser.close();
  }
}

async function main(): Promise<boolean> {
  if (chromiumBinary() === undefined) {
    console.error("no chromium on the PATH (apt-get install chromium)");
    return false;
  }
  const dashboard = await startDashboard({ ALLOW_ANONYMOUS: "true" });
  try {
    const id = await prepare(dashboard);
    const small: boolean[] = [];
    for (const picture of pictures(dashboard.worker.url, id)) {
      small.push(await take(picture));
    }
    return small.every(Boolean);
  } finally {
    await dashboard.stop();
  }
}

process.exitCode = (await main()) ? 0 : 1;
