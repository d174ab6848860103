import { expect, test } from "vitest";
import { ApiError, MAX_FAULTS, refuseFaults } from "../../../src/api/api-error.ts";

test("an answer lists so many faults and no more", () => {
  const faults = Array.from({ length: 80_000 }, (_, index) => ({ detail: "must be text", pointer: `#/destination/${index}` }));
  try {
    refuseFaults(faults);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ fault: { kind: "invalid", faults: faults.slice(0, MAX_FAULTS) } });
  }
});

test("nothing is refused where there is no fault", () => {
  expect(() => refuseFaults([])).not.toThrow();
});
