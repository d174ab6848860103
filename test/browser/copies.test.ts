/** A person at the dashboard: starts copies and follows, cancels, retries them. In a real browser. */
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Browser, chromiumBinary, startBrowser } from "../support/browser/chromium.ts";
import { type Dashboard, HUB, MIRROR, startDashboard } from "../support/browser/dashboard.ts";
import { storeImage } from "../support/images/deliver.ts";
import { generateImage, type Image } from "../support/images/image.ts";

const MIB = 1024 ** 2;

if (chromiumBinary() === undefined) {
  process.stderr.write("the dashboard is not tested in a browser: not on the PATH: chromium\n");
}

const isMissing = chromiumBinary() === undefined;
if (isMissing) {
  process.stderr.write("copies in the dashboard are not tested: not on the PATH: chromium\n");
}

describe.skipIf(isMissing)("copies in the dashboard", () => {
  let dashboard: Dashboard;
  let browser: Browser;
  let page: Page;
  let image: Image;

  beforeAll(async () => {
    image = await generateImage({ seed: "dashboard", layers: [4 * MIB, MIB, MIB, 4096] });
    [dashboard, browser] = await Promise.all([startDashboard({ ALLOW_ANONYMOUS: "true" }), startBrowser()]);
    page = browser.page;
    page.setDefaultTimeout(15_000);
    storeImage(dashboard.hub, "library/app", "1", image);
  });

  afterAll(async () => {
    await Promise.all([browser?.close(), dashboard?.stop()]);
    expect(browser?.complaints).toEqual([]);
  });

  beforeEach(async () => {
    dashboard.hub.faults.remove();
    dashboard.mirror.faults.remove();
    await page.goto(`${dashboard.worker.url}/#/copy`);
    // Where only the fragment changes, or nothing, the page stays as the last test has left it.
    await page.reload();
  });

  const button = (name: string): Locator => page.getByRole("button", { name, exact: true });
  const field = (name: string): Locator => page.getByLabel(name, { exact: true });
  const state = (): Locator => page.locator(".job-state");

  /** Blobs come slowly enough for a copy to be seen. */
  function slowly(bytesPerSecond: number): void {
    dashboard.hub.fail({ method: "GET", path: "/blobs/", times: "always", action: { rate: bytesPerSecond } });
  }

  async function fill(source: string, destination: string): Promise<void> {
    await field("Source").fill(source);
    await field("Destination").fill(destination);
  }

  test("a copy is started, seen to move and seen to end", async () => {
    slowly(0.7 * MIB);
    await fill(`${HUB}/library/app:1`, `${MIRROR}/seen/app`);
    await button("Start the copy").click();
    const bar = page.getByRole("progressbar", { name: "Progress" });
    await bar.waitFor();
    const seen = new Set<number>();
    await expect
      .poll(
        async () =>
          seen.add(Number(await bar.getAttribute("aria-valuenow"))) && [...seen].filter((value) => value > 0 && value < 100).length,
        {
          timeout: 15_000,
          interval: 50,
        },
      )
      .toBeGreaterThan(1);
    await page.getByText(/MiB\/s · about \d/).waitFor();
    await state().getByText("succeeded").waitFor();
    expect(await bar.getAttribute("aria-valuenow")).toBe("100");
    await page.getByText(image.root.digest, { exact: true }).waitFor();
    expect(await page.locator(".destination").textContent()).toContain(`copied${MIRROR}/seen/app:1`);
    expect(dashboard.mirror.tags("seen/app")).toEqual({ "1": image.root.digest });
  });

  test("a job is cancelled, and taken up again", async () => {
    slowly(MIB / 4);
    await fill(`${HUB}/library/app:1`, `${MIRROR}/cancelled/app`);
    await button("Start the copy").click();
    await page.getByText(/[1-9]\d? %/).waitFor();
    await button("Cancel").click();
    await state().getByText("cancelled").waitFor();
    await page.getByText("Retry takes it up from what was copied already.").waitFor();
    expect(dashboard.mirror.tags("cancelled/app")).toEqual({});
    dashboard.hub.faults.remove();
    await button("Retry").click();
    await state().getByText("succeeded").waitFor();
    expect(dashboard.mirror.tags("cancelled/app")).toEqual({ "1": image.root.digest });
  });

  test("a dry run says what would move, and the copy is one press away", async () => {
    await fill(`${HUB}/library/app:1`, `${MIRROR}/dry/app`);
    await button("Dry run").click();
    await page.getByRole("heading", { name: "What a copy would move" }).waitFor();
    await page.getByText(/A copy would send 8\.0 MiB in 9 blobs, put 3 manifests and write 1 tag\./).waitFor();
    expect(dashboard.mirror.tags("dry/app")).toEqual({});
    await page.locator(".destination").getByText("would copy").waitFor();
    await button("Start this copy").click();
    await page.locator(".destination").getByText("copied", { exact: true }).waitFor();
    expect(dashboard.mirror.tags("dry/app")).toEqual({ "1": image.root.digest });
  });

  test("what is wrong is told at its field", async () => {
    await fill("UPPER/case:1", `${MIRROR}/a/b`);
    await field("Platforms").fill("linux/amd64, windows");
    await button("+ Another destination").click();
    await field("Destination 2").fill("not a reference");
    await button("Start the copy").click();
    await page.getByText("3 things to mend").waitFor();
    const described = async (name: string): Promise<string> => {
      const ids = (await field(name).getAttribute("aria-describedby"))?.split(" ") ?? [];
      return (await Promise.all(ids.map((id) => page.locator(`[id="${id}"]`).textContent()))).join(" ");
    };
    expect(await described("Source")).toMatch(/^Is not an image reference/);
    expect(await described("Destination 2")).toMatch(/^Is not an image reference/);
    expect(await described("Platforms")).toMatch(/^No\. 2 must be os\/architecture/);
    expect([await field("Source").getAttribute("aria-invalid"), await field("Destination").getAttribute("aria-invalid")]).toEqual([
      "true",
      null,
    ]);
  });

  test("why a copy failed, and what to do", async () => {
    const refusal = { errors: [{ code: "DENIED", message: 'no <img src=x onerror="document.title=1"> for you' }] };
    dashboard.mirror.fail({ path: "/v2/", times: "always", action: { status: 403, body: refusal } });
    await fill(`${HUB}/library/app:1`, `${MIRROR}/failed/app`);
    await field("Callback URL").fill("");
    await button("+ A label").click();
    await field("Label 1").fill("<b>team</b>");
    await field("Value 1").fill("<script>alert(1)</script>");
    await button("Start the copy").click();
    await page.getByText("The registry refuses the credentials, or wants some").waitFor();
    await page.getByText("Check the entry of REGISTRY_AUTH for this host").waitFor();
    // What came from outside is text.
    await page.getByText('no <img src=x onerror="document.title=1"> for you').first().waitFor();
    await page.getByText("<b>team</b> = <script>alert(1)</script>").waitFor();
    expect(await page.locator("main img, main script, main b").count()).toBe(0);
    expect(await page.title()).toBe("Job · transship");
  });

  test("the list shows the jobs, those of one status alone, and leads to each", async () => {
    await page.goto(`${dashboard.worker.url}/`);
    await page.locator(".job").first().waitFor();
    const all = await page.locator(".job").count();
    await page.getByRole("link", { name: "failed", exact: true }).click();
    await expect.poll(async () => [...new Set(await page.locator(".job .status").allTextContents())]).toEqual(["failed"]);
    expect(await page.locator(".job").count()).toBeLessThan(all);
    await page.locator(".job").getByRole("link").first().click();
    await state().getByText("failed").waitFor();
    await page.goBack();
    await page.locator(".job").first().waitFor();
  });

  test("a new job comes into the list by itself, and is seen to move there", async () => {
    await page.goto(`${dashboard.worker.url}/#/jobs`);
    await page.locator(".job").first().waitFor();
    slowly(MIB / 2);
    const { id } = await dashboard.service.submit(`${HUB}/library/app:1`, `${MIRROR}/appears/app`);
    const row = page.locator(".job", { hasText: `${MIRROR}/appears/app:1` });
    await row.getByText(/^[1-9]\.\d of 8\.0 MiB$/).waitFor();
    dashboard.hub.faults.remove();
    await dashboard.service.request("POST", `/jobs/${id}/cancel`);
    await row.getByText("cancelled").waitFor();
  });

  test("the tree shows the state of every manifest and layer", async () => {
    const { id } = await dashboard.service.copy(`${HUB}/library/app:1`, `${MIRROR}/tree/app`);
    await page.goto(`${dashboard.worker.url}/#/jobs/${id}`);
    const tree = page.locator(".tree");
    await tree.waitFor();
    const names = await tree.locator(".tree-name").allTextContents();
    const layers = ["config", "layer", "layer", "layer", "layer"];
    expect(names).toEqual(["index", "linux/amd64", ...layers, "linux/arm64/v8", ...layers]);
    // The mirror has the blobs in other repositories of the same registry.
    const states = new Set(await tree.locator(".place").allTextContents());
    expect([...states].every((state) => ["put", "copied", "mounted"].includes(state))).toBe(true);
    expect(states).toContain("put");
  });

  test("a job over many tags shows its images, those of one state alone", async () => {
    storeImage(dashboard.hub, "library/many", "1.0", image);
    storeImage(dashboard.hub, "library/many", "1.1", image);
    storeImage(dashboard.hub, "library/many", "2.0", image);
    await fill(`${HUB}/library/many`, `${MIRROR}/many/app`);
    await field("Which tags").selectOption("filter");
    await field("Include").fill("1.*");
    await button("Start the copy").click();
    await page.getByRole("heading", { name: "Images: 2 of 2 done" }).waitFor();
    await expect.poll(() => page.locator(".image-source").count()).toBe(2);
    await field("Show").selectOption("failed");
    await page.getByText("None.").waitFor();
    expect(Object.keys(dashboard.mirror.tags("many/app"))).toEqual(["1.0", "1.1"]);
  });
});
