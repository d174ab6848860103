/**
 * The runtime is killed with SIGKILL, as by a power cut, at moments that a seed chooses, and started again on what it had stored.
 * `npm run kill-test` is the long form.
 */
import { expect, test } from "vitest";
import { chooseSeed } from "../support/images/seed.ts";
import { copyUnderKills, faultsOf, type KillOptions } from "../support/kill-harness.ts";
import { MANY_LAYERS, ONE_LARGE_LAYER } from "../support/kill-scenarios.ts";

async function expectToSurvive(options: Omit<KillOptions, "seed" | "say">): Promise<void> {
  const lines: string[] = [];
  const report = await copyUnderKills({ ...options, seed: chooseSeed(), say: (line) => lines.push(line) });
  const ratio = (report.bytesRead / report.imageBytes).toFixed(3);
  lines.push(`${ratio} times the image read, ${report.tagWrites} write of the tag, ${report.seconds.toFixed(0)} s`);
  process.stderr.write(`${lines.join("\n")}\n`);
  expect(faultsOf(report)).toEqual([]);
}

test("a copy of many layers survives five kills, and wakes by itself", async () => {
  await expectToSurvive({ ...MANY_LAYERS, kills: 5, unattended: true });
});

test("a copy of one large layer survives four kills by what is staged of it", async () => {
  await expectToSurvive({ ...ONE_LARGE_LAYER, kills: 4 });
});
