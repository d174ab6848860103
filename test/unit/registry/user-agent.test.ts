import { expect, test } from "vitest";
import { version } from "../../../package.json" with { type: "json" };
import { USER_AGENT } from "../../../src/registry/user-agent.ts";

test("names the package's version", () => {
  expect(USER_AGENT).toBe(`transship/${version}`);
});
