/** Tags that jobs find as they should be: what is noted of them, beside what other jobs do, on the rows of a real object. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it, test } from "vitest";
import { TAG_HOLD_MS, TagRows, type TagWrite } from "../../src/jobs/destinations/tag-rows.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { A, B, BEGIN, freshTags, play, type Step, write } from "../support/tag-steps.ts";

describe("tags that are found as they should be, noted many at once", () => {
  /** Plays the steps, and then tells of all that is found at 50: the tags of which it is not taken. */
  const found = (steps: readonly Step[], writes: readonly TagWrite[], then: readonly Step[] = []) =>
    runInDurableObject(freshTags(), (_, { storage }) => {
      play(storage.sql, steps);
      const busy = new TagRows(storage.sql).noteAllFound(writes, BEGIN + 50);
      play(storage.sql, then);
      return busy;
    });
  const at = (tag: string, holder: string, digest: Digest, resolvedAt: number, checkedAt = resolvedAt) =>
    write(holder, digest, resolvedAt, checkedAt, tag);

  test("are as new as their resolution, and keep nobody waiting", async () => {
    const then: Step[] = [
      { at: 51, begin: at("a", "one", B, 10), gives: "superseded" },
      { at: 51, begin: at("b", "one", B, 40), gives: "go" },
      { at: 51, begin: at("c", "one", B, 10), gives: "go" },
    ];
    expect(await found([], [at("a", "two", A, 20), at("b", "two", A, 20)], then)).toEqual([]);
  });

  test("are no older for it where something newer is noted, and as they were", async () => {
    const steps: Step[] = [{ at: 30, note: at("a", "two", B, 20) }];
    const then: Step[] = [
      { at: 51, begin: at("a", "three", A, 15), gives: "superseded" },
      { at: 52, begin: at("a", "four", B, 25), gives: "already" },
    ];
    expect(await found(steps, [at("a", "one", A, 10, 40)], then)).toEqual([]);
  });

  test("leave as they were those that have got another digest since", async () => {
    const steps: Step[] = [{ at: 30, note: at("a", "two", B, 20) }];
    const then: Step[] = [{ at: 51, begin: at("a", "three", A, 30, 45), gives: "go" }];
    expect(await found(steps, [at("a", "one", A, 25)], then)).toEqual(["a"]);
  });

  const two = (digest: Digest) => at("a", "two", digest, 20);

  it.each<[string, Step, found: TagWrite, taken: boolean]>([
    ["not where another job writes it", { at: 30, begin: two(B), gives: "go" }, at("a", "one", A, 25), false],
    ["where the job itself does", { at: 30, begin: at("a", "one", B, 20), gives: "go" }, at("a", "one", A, 25), true],
    ["where another job died over it", { at: 50 - TAG_HOLD_MS, begin: two(B), gives: "go" }, at("a", "one", A, 25), true],
    ["not where it has got another digest since", { at: 30, note: two(B) }, at("a", "one", A, 25), false],
    ["where it has got the same digest since", { at: 30, note: two(A) }, at("a", "one", A, 25), true],
    ["where it had got another digest before", { at: 30, note: two(B) }, at("a", "one", A, 25, 40), true],
  ])("and one of them counts %s, by itself as among others", async (_, step, one, taken) => {
    const steps = [step];
    expect(await found(steps, [one, at("z", "one", A, 25)])).toEqual(taken ? [] : ["a"]);
    const single = await runInDurableObject(freshTags(), (_, { storage }) => {
      play(storage.sql, steps);
      return new TagRows(storage.sql).noteFound(one, BEGIN + 50);
    });
    expect(single).toBe(taken);
  });
});
