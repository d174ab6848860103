/**
 * `npm test`: everything that this machine can run. Further arguments go to vitest (`npm test -- --project unit reference`).
 * The last line is always `N passed, N failed`, with `, N skipped` where some were; the exit status is 0 only
 * where something passed and nothing failed.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestCounts } from "./count-reporter.ts";
import { runTool } from "./tool.ts";

const folder = mkdtempSync(join(tmpdir(), "transship-test-"));
const file = join(folder, "counts.json");
// Ctrl-C reaches vitest too; it ends by itself, and then so does this.
process.on("SIGINT", () => {});

const { status } = await runTool(
  "vitest",
  ["run", "--config", "test/vitest.config.ts", "--reporter=default", "--reporter=./scripts/count-reporter.ts", ...process.argv.slice(2)],
  { show: true, env: { TRANSSHIP_TEST_COUNTS: file } },
);
const counts = readCounts();
rmSync(folder, { recursive: true, force: true });
// A runner that failed for a reason that no test shows must not end with "0 failed".
const failed = counts.failed === 0 && status !== 0 ? 1 : counts.failed;
console.log(`${counts.passed} passed, ${failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ""}`);
process.exitCode = failed > 0 || counts.passed === 0 ? 1 : 0;

/** What the reporter wrote; nothing, where vitest did not come that far. */
function readCounts(): TestCounts {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as TestCounts;
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
