import { describe, expect, it, vi } from "vitest";
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
    const ends: (() => void)[] = [];
    const all = runAll(
      Array.from({ length: 20 }, (_, i) => i),
      new Gate(3),
      () => true,
      async () => {
        most = Math.max(most, ++running);
        const { promise, resolve } = Promise.withResolvers<void>();
        ends.push(resolve);
        await promise;
        running--;
        runs++;
      },
    );
    for (let turn = 0; turn < 20; turn++) {
      // By then all have begun that may.
      await new Promise(setImmediate);
      ends.shift()?.();
    }
    const result = await all;
    expect({ result, most, runs }).toEqual({ result: "done", most: 3, runs: 20 });
  });

  it("begin nothing after a failure and finish what was begun", async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const settled = vi.fn();
    const { promise: end, resolve } = Promise.withResolvers<void>();
    const running = runAll(
      [0, 1, 2, 3, 4, 5],
      new Gate(2),
      () => true,
      async (item) => {
        begun.push(item);
        if (item === 0) {
          throw new CopyError(never);
        }
        await end;
        ended.push(item);
      },
    );
    void running.catch(settled);
    await new Promise(setImmediate);
    expect(settled).not.toHaveBeenCalled();
    resolve();
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
