import { expect, it } from "vitest";
import { Gate } from "../../../src/jobs/gate.ts";

/** Works that are begun through a gate and go on until they are told how to end. */
function through(gate: Gate) {
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const run = (name: string) => {
    const end = Promise.withResolvers<void>();
    ends.set(name, end);
    return gate.run(async () => {
      begun.push(name);
      await end.promise;
    });
  };
  return { begun, run, end: (name: string) => ends.get(name)?.resolve(), fail: (name: string) => ends.get(name)?.reject(new Error(name)) };
}

const settled = () => new Promise(setImmediate);

it("lets in as many as it is wide, in the order in which they came, and one for each that ends", async () => {
  const { begun, run, end } = through(new Gate(2));
  const all = ["a", "b", "c", "d", "e"].map(run);
  await settled();
  expect(begun).toEqual(["a", "b"]);
  end("b");
  await settled();
  expect(begun).toEqual(["a", "b", "c"]);
  for (const name of "acde") {
    end(name);
  }
  await Promise.all(all);
  all.push(...["f", "g", "h"].map(run));
  await settled();
  expect(begun).toEqual([..."abcdefg"]);
});

it("has the place of a work that fails free again", async () => {
  const { begun, run, fail } = through(new Gate(1));
  const [first, second] = [run("a"), run("b")];
  fail("a");
  await expect(first).rejects.toThrow("a");
  await settled();
  fail("b");
  await expect(second).rejects.toThrow("b");
  void run("c");
  await settled();
  expect(begun).toEqual(["a", "b", "c"]);
});
