/** The dashboard's other pages, its token, and what is true of every page: reachable for all, and asking nobody but the service. */
import { createHash } from "node:crypto";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SyncDocument } from "../../src/api/sync-document.ts";
import { chromiumBinary } from "../support/browser/chromium.ts";
import { type Audit, type Dashboard, HUB, MIRROR, startAuditedBrowser, startDashboard } from "../support/browser/dashboard.ts";
import { storeImage } from "../support/images/deliver.ts";
import { generateImage } from "../support/images/image.ts";

const TOKEN = "a token for the dashboard";

type AuditedBrowser = Awaited<ReturnType<typeof startAuditedBrowser>>;

const isMissing = chromiumBinary() === undefined;
if (isMissing) {
  process.stderr.write("the dashboard's pages are not tested: not on the PATH: chromium\n");
}

describe.skipIf(isMissing)("the dashboard's pages", () => {
  let dashboard: Dashboard;
  let browser: AuditedBrowser;
  let page: Page;

  beforeAll(async () => {
    const sha256 = createHash("sha256").update(TOKEN).digest("hex");
    const vars = {
      API_TOKENS: [{ name: "person", sha256 }],
      SYNC: [{ name: "nightly", schedule: "30 2 * * *", source: `${HUB}/library/app:1`, destination: `${MIRROR}/nightly/app` }],
    };
    [dashboard, browser] = await Promise.all([startDashboard(vars, TOKEN), startAuditedBrowser()]);
    page = browser.page;
    page.setDefaultTimeout(15_000);
    const layers = [200_000, 4096];
    storeImage(dashboard.hub, "library/app", "1", await generateImage({ seed: "pages", layers }));
    storeImage(
      dashboard.mirror,
      "mirror/app",
      "amd64",
      await generateImage({ seed: "pages", layers, platforms: ["linux/amd64"], index: "none" }),
    );
  });

  afterAll(async () => {
    await Promise.all([browser?.close(), dashboard?.stop()]);
    expect(browser?.complaints).toEqual([]);
  });

  const focused = (): Locator => page.locator(":focus");
  const open = (route: string): Promise<unknown> => page.goto(`${dashboard.worker.url}/#${route}`);
  const COMPARE = `/compare?${new URLSearchParams({ left: `${HUB}/library/app:1`, right: `${MIRROR}/mirror/app:amd64` })}`;

  test("an address that changes while the page starts is not missed", async () => {
    const started = await browser.context.newPage();
    // As it is where somebody is quicker than the page: the event is over before the page listens for it.
    const content = `const listen = window.addEventListener;
      window.addEventListener = (type, ...rest) => {
        if (type === "hashchange") {
          history.replaceState(null, "", "#/syncs");
        }
        listen.call(window, type, ...rest);
      };`;
    await started.addInitScript({ content });
    await started.goto(`${dashboard.worker.url}/#/copy`);
    await started.getByRole("heading", { level: 1, name: "Syncs" }).waitFor();
    await started.close();
  });

  test("the token is asked for, refused where it is wrong, and kept", async () => {
    await open("/jobs");
    const dialog = page.getByRole("dialog", { name: "Token" });
    await dialog.getByText("This needs a token").waitFor();
    expect(await browser.audit()).toEqual([]);
    const enter = async (text: string): Promise<void> => {
      await dialog.getByLabel("Token", { exact: true }).fill(text);
      await page.keyboard.press("Enter");
    };
    await enter("another");
    await dialog.getByText("This token is not known here.").waitFor();
    await enter(TOKEN);
    await page.getByText("No job yet.").waitFor();
    expect(await dialog.count()).toBe(0);
    await page.reload();
    await page.getByText("No job yet.").waitFor();
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual(["transship.token"]);
  });

  test("two references are compared, side by side, with what differs marked", async () => {
    await open("/compare");
    await page.getByLabel("Left", { exact: true }).fill(`${HUB}/library/app:1`);
    await page.getByLabel("Right", { exact: true }).fill(`${MIRROR}/mirror/app:amd64`);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "One side is an index, the other one of its images" }).waitFor();
    await page.getByText("Right is the linux/amd64 image of the index at left, byte for byte.").waitFor();
    expect(await page.locator(".sameness li").allTextContents()).toEqual([
      "≠another digest",
      "=same image ID",
      "=same layers as packed",
      "=same layers as unpacked",
    ]);
    expect(await page.locator(".differences mark").allTextContents()).toEqual(["index", "manifest"]);
    await page.getByLabel("Right", { exact: true }).fill("NOT one");
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByText(/^Is not an image reference/).waitFor();
  });

  test("an entry of the schedule shows its next run, and is run now", async () => {
    await open("/syncs");
    const entry = page.locator(".sync");
    await entry.waitFor();
    expect(await entry.locator("dd").allTextContents()).toEqual(["30 2 * * * UTC", expect.stringMatching(/^in \d+ (h|min)$/), "not yet"]);
    await page.getByRole("button", { name: "Run now: nightly" }).click();
    await entry.getByText("succeeded").waitFor();
    await entry.getByRole("link").click();
    await page.locator(".destination").getByText(`${MIRROR}/nightly/app:1`).waitFor();
    const { syncs } = JSON.parse((await dashboard.service.request("GET", "/syncs")).body.toString()) as { syncs: SyncDocument[] };
    expect(page.url()).toContain(syncs[0]?.last?.job?.id);
  });

  test("a keyboard reaches everything, and the page says where it is", async () => {
    await open("/jobs");
    await page.reload();
    await page.getByRole("heading", { name: "Jobs" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await focused().textContent()).toBe("Skip to content");
    await page.keyboard.press("Enter");
    expect(await focused().getAttribute("id")).toBe("main");
    await page.getByRole("link", { name: "Syncs", exact: true }).press("Enter");
    await page.getByRole("heading", { name: "Syncs" }).waitFor();
    await expect.poll(() => page.title()).toBe("Syncs · transship");
    expect(await focused().getAttribute("id")).toBe("main");
  });

  test("an address of the API is never answered with the page, and the page has a strict policy", async () => {
    const answers = await Promise.all(["/", "/nothing", "/assets/nothing.js"].map((path) => dashboard.service.request("GET", path)));
    expect(answers.map(({ status, headers }) => [status, headers["content-type"]])).toEqual([
      [200, "text/html; charset=utf-8"],
      [404, "application/problem+json"],
      [404, "application/problem+json"],
    ]);
    expect(answers[0]?.headers["content-security-policy"]).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/,
    );
  });

  describe("every page", () => {
    const WIDTHS = [360, 1440];
    const SCHEMES = ["light", "dark"] as const;

    test.each(WIDTHS.flatMap((width) => SCHEMES.map((scheme) => [width, scheme] as const)))(
      "at %i px, %s, has no violation that axe knows",
      async (width, colorScheme) => {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        const [id, failed] = await jobs(dashboard);
        const found: string[] = [];
        for (const [route, ready] of [
          ["/jobs", ".job"],
          [`/jobs/${id}`, ".destination"],
          [`/jobs/${failed}`, ".notice"],
          ["/jobs/none", ".notice"],
          ["/copy", ".submit"],
          [COMPARE, ".differences"],
          ["/syncs", ".sync"],
          ["/jobs/%zz", ".notice"],
          ["/nowhere", "h1"],
        ] as const) {
          await open(route);
          await page.locator(ready).first().waitFor();
          found.push(...(await told(browser.audit, route)), ...(await overflow(page, route)));
        }
        expect(found).toEqual([]);
      },
    );

    test("asks the service and nobody else", () => {
      expect(browser.requests.length).toBeGreaterThan(20);
      expect(browser.requests.filter((request) => !request.includes(` ${dashboard.worker.url}/`))).toEqual([]);
    });
  });
});

let made: Promise<[string, string]> | undefined;

/** A job that succeeded and one that failed; the same for all who ask. */
function jobs({ service }: Dashboard): Promise<[string, string]> {
  made ??= Promise.all([
    service.copy(`${HUB}/library/app:1`, [`${MIRROR}/one/app`, `${MIRROR}/two/app`], { more: { labels: { team: "data" } } }),
    service.copy(`${HUB}/library/missing:1`, `${MIRROR}/one/missing`),
  ]).then(([{ id }, failed]) => [id, failed.id]);
  return made;
}

async function told(audit: Audit, route: string): Promise<string[]> {
  return (await audit()).map((violation) => `${route}: ${violation}`);
}

/** A page is never wider than its window. */
async function overflow(page: Page, route: string): Promise<string[]> {
  const { scrollWidth, clientWidth } = await page
    .locator("html")
    .evaluate(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }));
  return scrollWidth > clientWidth ? [`${route}: is ${scrollWidth} px wide in ${clientWidth}`] : [];
}
