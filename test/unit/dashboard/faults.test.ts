import { expect, test } from "vitest";
import { faultOf, otherFaults, pathOf } from "../../../src/dashboard/faults.ts";
import { pointerTo } from "../../../src/schema/validate.ts";

test.each([[["source"]], [["labels", "a/b ~ %é"]], [["tags", "include", "0"]]])(
  "the pointer that the service makes of %j is read back",
  (path) => {
    expect(pathOf(pointerTo(...(path as [string, ...string[]])))).toEqual(path);
  },
);

test("a pointer that nobody can read has its steps as they are", () => {
  expect([pathOf("#"), pathOf("#/%zz")]).toEqual([[], ["%zz"]]);
});

const FAULTS = [
  { detail: "is required", pointer: "#/source" },
  { detail: "must be os/arch.", pointer: "#/platforms/1" },
  { detail: "is not known", pointer: "#/what" },
];

test("faults are told at their fields, those of an entry with its number", () => {
  expect(faultOf(FAULTS, ["source"])).toBe("Is required.");
  expect(faultOf(FAULTS, ["platforms"])).toBe("No. 2 must be os/arch.");
  expect(faultOf(FAULTS, ["platforms"], true)).toBeUndefined();
  expect(faultOf(FAULTS, ["platforms", "1"])).toBe("Must be os/arch.");
  expect(faultOf(FAULTS, ["destination"])).toBeUndefined();
});

test("what has no field is told all the same", () => {
  expect(otherFaults(FAULTS, ["source", "platforms"])).toEqual([FAULTS[2]]);
});
