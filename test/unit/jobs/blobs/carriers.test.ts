import { describe, expect, it } from "vitest";
import { carriersAfter, gravest, runAll } from "../../../../src/jobs/blobs/carriers.ts";
import { Gate } from "../../../../src/jobs/gate.ts";
import { CopyError, type Failure } from "../../../../src/oci/errors.ts";

const later = (waitMs?: number): Failure => ({
  code: "registry-unavailable",
  message: "later",
  retry: "later",
  ...(waitMs === undefined ? {} : { waitMs }),
});
const never: Failure = { code: "access-denied", message: "never", retry: "never" };

describe("carriers", () => {
  it("are fewer after each death of the process, and one at least", () => {
    expect([0, 1, 2, 3, 40].map(carriersAfter)).toEqual([8, 2, 1, 1, 1]);
  });

  it("are never more at once than the gate is wide, and all run", async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    const result = await runAll(
      Array.from({ length: 20 }, (_, i) => i),
      new Gate(3),
      () => true,
      async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 1));
        running--;
        runs++;
      },
    );
    expect({ result, most, runs }).toEqual({ result: "done", most: 3, runs: 20 });
  });

  it("begin nothing after a failure and finish what was begun", async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const running = runAll(
      [0, 1, 2, 3, 4, 5],
      new Gate(2),
      () => true,
      async (item) => {
        begun.push(item);
        if (item === 0) {
          throw new CopyError(never);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
        ended.push(item);
      },
    );
    await expect(running).rejects.toMatchObject({ failure: never });
    expect(begun).toEqual([0, 1]);
    expect(ended).toEqual([1]);
  });

  it("stop beginning when the slice's time is up", async () => {
    let left = 2;
    const begun: number[] = [];
    const result = await runAll(
      [1, 2, 3, 4],
      new Gate(1),
      () => left-- > 0,
      async (item) => {
        begun.push(item);
      },
    );
    expect(result).toBe("stopped");
    expect(begun).toEqual([1, 2]);
  });
});

describe("the gravest failure", () => {
  it.each([
    [[later(), never, later(5)], never],
    [[later(1), later(10), later()], later(10)],
    [[later()], later()],
  ])("of %j", (failures, worst) => {
    expect(gravest(failures)).toEqual(worst);
  });
});
