/** `npm run fuzz`: the property tests of the parsers with a million inputs each, or `FUZZ_RUNS` many. Arguments go to vitest: `-t challenge` takes one. */
import { runTool } from "./tool.ts";

const FUZZ_RUNS = process.env.FUZZ_RUNS ?? "1000000";

const { status } = await runTool(
  "vitest",
  ["run", "--config", "test/vitest.config.ts", "--project", "unit", "test/unit/fuzz", ...process.argv.slice(2)],
  { show: true, env: { FUZZ_RUNS } },
);
process.exitCode = status;
