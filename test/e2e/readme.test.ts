/** The README's commands, as a reader pastes them: against a Worker whose Docker Hub, GHCR and other registries are fakes on this machine. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../../scripts/tool.ts";
import { storeImage } from "../support/images/deliver.ts";
import { generateImage } from "../support/images/image.ts";
import { blocks, commands } from "../support/readme.ts";
import type { FakeRegistry } from "../support/registry/fake-registry.ts";
import { startRegistry } from "../support/registry/server.ts";
import { type RunningWorker, startWorker } from "../support/workerd.ts";

const TOKEN = "a-token-of-the-readme";
const HOOK_SECRET = "a-secret-of-the-readme";

/** Where the README says that an instance is. */
const EXAMPLE = "https://transship.example.workers.dev";

/** Sources that the commands name. */
const IMAGES = [
  ["docker.io", "library/busybox", "1.36"],
  ["docker.io", "library/alpine", "3.20"],
  ["ghcr.io", "acme/app", "2.4"],
  ["registry.example.com", "staging/app", "2.4"],
] as const;

const registries = new Map<string, FakeRegistry>();
let worker: RunningWorker;

beforeAll(async () => {
  for (const host of ["docker.io", "ghcr.io", "registry.example.com"]) {
    registries.set(host, await startRegistry());
  }
  const image = await generateImage({ seed: "readme", layers: [1_000] });
  for (const [host, repository, tag] of IMAGES) {
    storeImage(registries.get(host) as FakeRegistry, repository, tag, image);
  }
  const settings = Array.from(registries, ([host, { url }]) => [host, { http: true, private: true, endpoint: url }]);
  worker = await startWorker({
    vars: {
      HOOKS: { ci: { type: "generic", secret: "CI_SECRET" } },
      CI_SECRET: HOOK_SECRET,
      API_TOKENS: [{ name: "reader", sha256: createHash("sha256").update(TOKEN).digest("hex") }],
      REGISTRIES: Object.fromEntries(settings),
    },
  });
});

afterAll(async () => {
  await worker?.stop();
  await Promise.all(Array.from(registries.values(), (registry) => registry.close()));
});

/** The command that signs a webhook needs the lines before it: it is run with them, below. */
const shown = commands().filter(
  (command) => !command.includes("/hooks/") && /\$URL|npx transship |transship\.example\.workers\.dev\/(?!hooks|chat)/.test(command),
);

test("there are commands", () => {
  expect(shown.length).toBeGreaterThan(6);
});

// In the order of the README: what is compared was copied before.
test.each(shown)("%s", async (command) => {
  const script = command.replaceAll(EXAMPLE, worker.url).replaceAll("npx transship", `node ${join(ROOT, "scripts/transship.mjs")}`);
  const env = { ...process.env, URL: worker.url, TOKEN, TRANSSHIP_URL: worker.url, TRANSSHIP_TOKEN: TOKEN };
  const { stdout } = await promisify(execFile)("bash", ["-euc", script], { env });
  if (command.startsWith("curl")) {
    const answer = JSON.parse(stdout) as { status?: unknown; code?: string; detail?: string };
    expect(answer.code, answer.detail).toBeUndefined();
    expect(answer.status).not.toBe("failed");
  }
});

test("the webhook that is signed by hand is taken", async () => {
  const block = blocks("sh").find((text) => text.includes("$URL/hooks/ci"));
  const env = { ...process.env, URL: worker.url, SECRET: HOOK_SECRET };
  const { stdout } = await promisify(execFile)("bash", ["-euc", (block ?? "").replace("curl ", "curl -s ")], { env });
  expect(JSON.parse(stdout)).toMatchObject({ jobs: [expect.stringMatching(/^\/jobs\//)] });
});
