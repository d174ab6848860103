import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/config/config-error.ts";
import { readSyncs } from "../../../src/config/syncs.ts";

const NIGHTLY = { name: "nightly", schedule: "30 2 * * *", source: "busybox:1.36", destination: "a.io/busybox" };

test("an entry is a copy request with a name and a schedule", () => {
  const [entry] = readSyncs({ SYNC: JSON.stringify([{ ...NIGHTLY, stage: "never", labels: { team: "ops" } }]) });
  expect(entry).toMatchObject({
    name: "nightly",
    pattern: "30 2 * * *",
    request: { source: "busybox:1.36", destination: ["a.io/busybox"], stage: "never", labels: { team: "ops" } },
  });
});

test("nothing is scheduled where SYNC is unset or empty", () => {
  expect(readSyncs({})).toEqual([]);
  expect(readSyncs({ SYNC: "[]" })).toEqual([]);
});

describe("what can't be run is a configuration error that names the place", () => {
  test.each<[string, unknown, string]>([
    ["no array", NIGHTLY, "#"],
    ["no name", [{ ...NIGHTLY, name: undefined }], "#/0/name"],
    ["a name that no path can hold", [{ ...NIGHTLY, name: "a/b" }], "#/0/name"],
    ["the same name twice", [NIGHTLY, NIGHTLY], "#/1/name"],
    ["no schedule", [{ ...NIGHTLY, schedule: undefined }], "#/0/schedule"],
    ["an impossible minute", [NIGHTLY, { ...NIGHTLY, name: "b", schedule: "61 * * * *" }], "#/1/schedule"],
    ["seconds", [{ ...NIGHTLY, schedule: "0 30 2 * * *" }], "#/0/schedule"],
    ["a day that never comes", [{ ...NIGHTLY, schedule: "0 0 30 2 *" }], "#/0/schedule"],
    ["no source", [{ ...NIGHTLY, source: undefined }], "#/0/source"],
    ["a bad reference", [{ ...NIGHTLY, source: "UPPER/case" }], "#/0/source"],
    ["a bad destination of several", [{ ...NIGHTLY, destination: ["a.io/x", "a.io/y:-"] }], "#/0/destination/1"],
    ["an unknown option", [{ ...NIGHTLY, colour: "red" }], "#/0/colour"],
    ["an option's bad value", [{ ...NIGHTLY, stage: "maybe" }], "#/0/stage"],
  ])("%s", (_, value, pointer) => {
    try {
      readSyncs({ SYNC: JSON.stringify(value) });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      expect(error).toMatchObject({ variable: "SYNC", pointer });
    }
  });
});
