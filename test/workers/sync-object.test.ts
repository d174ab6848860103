/** The schedule's object with its own configuration: what it makes jobs of, and what POLICY keeps it from. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { SyncSchedule } from "../../src/jobs/schedule/sync-object.ts";
import { freshName, jobEnd, twoRegistries } from "../support/copy-service.ts";

const NOON = Date.UTC(2026, 10, 25, 12);

test("POLICY holds for every entry when it is due", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  const image = await from.putImage(name, "1.0", { seed: "schedule", platforms: ["linux/amd64"], index: "none", layers: [100] });
  const entry = (title: string, destination: string) => ({
    name: title,
    schedule: "0 * * * *",
    source: `${from.host}/${name}:1.0`,
    destination: `${to.host}/${destination}:1.0`,
  });
  const configured = {
    ...env,
    SYNC: [entry("allowed", name), entry("forbidden", `${name}/other`)],
    POLICY: [{ from: `${from.host}/**`, to: `${to.host}/${name}` }],
  };

  const rows = await runInDurableObject(env.SYNC_SCHEDULE.getByName(name), async (_, state) => {
    const schedule = new SyncSchedule(state, configured);
    await schedule.tick(NOON);
    return await schedule.rows();
  });

  expect(rows).toMatchObject([
    { name: "allowed", lastDue: NOON, lastJob: expect.any(String), refusal: null },
    { name: "forbidden", lastDue: NOON, lastJob: null, refusal: expect.stringMatching(/^is not allowed by POLICY, from/) },
  ]);
  expect(await jobEnd(rows[0]?.lastJob ?? "")).toMatchObject({ status: "succeeded", trigger: { kind: "cron", name: "allowed" } });
  expect([await to.tags(name), await to.tags(`${name}/other`)]).toEqual([{ "1.0": image.digest }, {}]);
});
