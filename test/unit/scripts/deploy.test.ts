import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deployedUrl, missingSecrets } from "../../../scripts/deploy/aftercare.ts";
import { ROOT } from "../../../scripts/tool.ts";

const DEPLOYED = `Total Upload: 1277.00 KiB / gzip: 306.00 KiB
Uploaded transship (4.21 sec)
Deployed transship triggers (1.02 sec)
  https://transship.acme.workers.dev
  schedule: * * * * *
Current Version ID: 0d2b6f7e`;

test("the address is found in what wrangler prints", () => {
  expect(deployedUrl(DEPLOYED)).toBe("https://transship.acme.workers.dev");
  expect(deployedUrl("Deployed transship triggers\n  copy.example.com (custom domain)\n")).toBe("https://copy.example.com");
  expect(deployedUrl("nothing")).toBeUndefined();
});

describe("missing secrets", () => {
  test("are named, with what that means and the command", () => {
    const found = missingSecrets('[{"name":"REGISTRY_AUTH","type":"secret_text"}]');
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^API_TOKENS is not set: every call is 401.*wrangler secret put API_TOKENS$/s);
  });

  test("are none where both are there, and both where the list can't be read", () => {
    expect(missingSecrets('some banner\n[{"name":"REGISTRY_AUTH"},{"name":"API_TOKENS"}]')).toEqual([]);
    expect(missingSecrets("")).toHaveLength(2);
  });
});

test("the example of .dev.vars has every variable that the Worker reads", () => {
  const example = readFileSync(join(ROOT, ".dev.vars.example"), "utf8");
  const folder = join(ROOT, "src", "config");
  const text = readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("\n");
  // Variables are read by their name as text, or as a property.
  const names = [...text.matchAll(/variables, "([A-Z][A-Z0-9_]+)"|variables\.([A-Z][A-Z0-9_]+)/g)].map(
    ([, quoted, property]) => quoted ?? property ?? "",
  );
  expect(names.length).toBeGreaterThan(15);
  for (const name of new Set(names)) {
    expect(example, name).toMatch(new RegExp(`^(# )?${name}=`, "m"));
  }
});
