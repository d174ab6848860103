/** What a copy and a check take of what Cloudflare bills for. A number that grows makes every copy dearer: it is raised here knowingly or not at all. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Usage } from "../../scripts/cost/usage.ts";
import { CopyJob, Destination, JobCallbacks, JobLedger, RegistryHost } from "../../src/index.ts";
import { copy, freshName, twoRegistries } from "../support/copy-service.ts";
import { CostMeter } from "../support/cost-meter.ts";

const meter = new CostMeter();
meter.watchObjects({ CopyJob, Destination, JobCallbacks, JobLedger, RegistryHost });
meter.watchBucket(env.STAGE);

/** What was counted between two readings, over all objects. */
function between(before: Usage, after: Usage) {
  const sum = (field: "requests" | "rowsRead" | "rowsWritten") =>
    Object.keys(after.objects).reduce(
      (total, name) => total + (after.objects[name]?.[field] ?? 0) - (before.objects[name]?.[field] ?? 0),
      0,
    );
  return { requests: sum("requests"), rowsRead: sum("rowsRead"), rowsWritten: sum("rowsWritten") };
}

/** More than was counted by so much is allowed: a job that on a slow machine outlives its first second goes on in an alarm, and is looked at once more by who waits for it. */
const ALARM = { requests: 3, rowsRead: 250, rowsWritten: 20 };

function expectAtMost(counted: typeof ALARM, limit: typeof ALARM): void {
  for (const field of ["requests", "rowsRead", "rowsWritten"] as const) {
    expect(counted[field], field).toBeGreaterThan(0);
    expect(counted[field], field).toBeLessThanOrEqual(limit[field] + ALARM[field]);
  }
}

test("a copy of five layers, and a check that finds it unchanged", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  const layers = [1000, 2000, 3000, 4000, 5000];
  await from.putImage(name, "1.0", { seed: "cost", platforms: ["linux/amd64"], index: "none", layers });
  const source = `${from.host}/${name}:1.0`;
  // The first job shows the meter where the storage is, and the Worker what the hosts ask for.
  await copy(source, `${to.host}/first/${name}`);

  const before = meter.read();
  expect(await copy(source, `${to.host}/second/${name}`)).toMatchObject({ progress: { blobs: { copied: 6 } } });
  const copied = meter.read();
  const job = await copy(source, `${to.host}/second/${name}`);
  expect(job.images[0]?.destinations[0]?.status).toBe("unchanged");
  const checked = meter.read();

  expectAtMost(between(before, copied), { requests: 13, rowsRead: 426, rowsWritten: 77 });
  expectAtMost(between(copied, checked), { requests: 5, rowsRead: 343, rowsWritten: 41 });
  expect(checked.r2).toEqual(before.r2);
});
