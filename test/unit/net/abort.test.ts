import { describe, expect, test, vi } from "vitest";
import { onAbort, untilAborted } from "../../../src/net/abort.ts";

const hang = () => new Promise<never>(() => {});

describe("onAbort", () => {
  test("calls everybody that waits for a signal, with its reason", () => {
    const stop = new AbortController();
    const [one, other] = [vi.fn(), vi.fn()];
    onAbort(stop.signal, one);
    onAbort(stop.signal, other);
    stop.abort("enough");
    expect([one.mock.calls, other.mock.calls]).toEqual([[["enough"]], [["enough"]]]);
  });

  test("calls nobody that has been unsubscribed, also during the calls", () => {
    const stop = new AbortController();
    const [before, later] = [vi.fn(), vi.fn()];
    onAbort(stop.signal, before)();
    const forgets: (() => void)[] = [];
    onAbort(stop.signal, () => forgets.forEach((forget) => void forget()));
    forgets.push(onAbort(stop.signal, later));
    stop.abort();
    expect([before.mock.calls, later.mock.calls]).toEqual([[], []]);
  });

  test("calls at once where it is aborted", () => {
    const stop = vi.fn();
    onAbort(AbortSignal.abort("before"), stop)();
    expect(stop.mock.calls).toEqual([["before"]]);
  });

  test("has one listener while somebody waits, and none else", () => {
    const { signal } = new AbortController();
    const [add, remove] = [vi.spyOn(signal, "addEventListener"), vi.spyOn(signal, "removeEventListener")];
    const forgets = [1, 2, 3].map(() => onAbort(signal, () => {}));
    expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([1, 0]);
    for (const forget of [...forgets, ...forgets]) {
      forget();
    }
    expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([1, 1]);
    onAbort(signal, () => {});
    expect(add).toHaveBeenCalledTimes(2);
  });
});

describe("untilAborted", () => {
  test("settles as the work does", async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(signal, Promise.resolve(1))).toBe(1);
    await expect(untilAborted(signal, Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  });

  test("fails with the signal's reason, whatever the work does", async () => {
    const stop = new AbortController();
    const waiting = untilAborted(stop.signal, hang());
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(untilAborted(stop.signal, hang())).rejects.toThrow("enough");
  });
});
