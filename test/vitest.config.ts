/**
 * The five kinds of tests, one project each; `vitest --project NAME` runs one. No retries anywhere: a test that passes
 * the second time has found a fault.
 */
import { join } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { buildDashboard } from "../scripts/build-dashboard.ts";
import { workerVariables } from "./support/worker-variables.ts";

const root = join(import.meta.dirname, "..");

/**
 * Test files that run side by side: on two cores the tests inside workerd take half the time of one file after the other, most of which is waiting.
 * No more on a larger machine: they share a farm of registries (`test/support/global-setup.ts`).
 */
const MAX_WORKERS = 3;

// wrangler.toml names its folder, and the plugin runs no build command.
await buildDashboard();

export default defineConfig({
  root,
  test: {
    maxWorkers: MAX_WORKERS,
    projects: [
      {
        root,
        test: { name: "unit", environment: "node", include: ["test/unit/**/*.test.ts"], testTimeout: 15_000 },
      },
      {
        // The Worker's own code in the real runtime, talking to fake registries on real sockets; the quirk suite among it.
        root,
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: join(root, "wrangler.toml") },
            miniflare: { bindings: workerVariables(inject("registries"), inject("profiles"), inject("hookPeers")) },
          })),
        ],
        test: {
          name: "workers",
          include: ["test/workers/**/*.test.ts", "test/quirks/**/*.test.ts"],
          globalSetup: ["test/support/global-setup.ts"],
          testTimeout: 20_000,
        },
      },
      {
        // The fake registry and the real one, side by side.
        root,
        test: {
          name: "registries",
          environment: "node",
          include: ["test/registries/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        // The Worker in a process of its own. After all others, one file after the other: each starts processes and takes time.
        root,
        test: {
          name: "e2e",
          environment: "node",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // The dashboard in a real browser, where the machine has one.
        root,
        test: {
          name: "browser",
          environment: "node",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
