/** The order of tag writes in one repository, on the rows of a real object: never an older resolution over a newer one. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, test } from "vitest";
import { ARRIVING_MS, TAG_HOLD_MS, type TagVerdict } from "../../src/jobs/destinations/tag-rows.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { A, B, BEGIN, freshTags, play, type Step, write } from "../support/tag-steps.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

const one = write("one", A, 10);
const two = write("two", B, 20);
const askAt = (at: number): TagVerdict => ({ askAgainAt: BEGIN + at });

describe("a tag", () => {
  it.each<{ what: string; steps: Step[] }>([
    { what: "that nobody wrote may be written", steps: [{ at: 30, begin: one, gives: "go" }] },
    {
      what: "may be written by a later resolution after an earlier one",
      steps: [
        { at: 30, begin: one, gives: "go" },
        { at: 31, end: one, outcome: "written" },
        { at: 32, begin: two, gives: "go" },
      ],
    },
    {
      what: "is not written by an earlier resolution after a later one",
      steps: [
        { at: 30, begin: two, gives: "go" },
        { at: 31, end: two, outcome: "written" },
        { at: 32, begin: one, gives: "superseded" },
      ],
    },
    {
      what: "is not written by an earlier resolution after a later one that may have arrived",
      steps: [
        { at: 30, begin: two, gives: "go" },
        { at: 31, end: two, outcome: "unknown" },
        { at: 31 + ARRIVING_MS, begin: one, gives: "superseded" },
      ],
    },
    {
      what: "may be written by an earlier resolution after a later one that was refused",
      steps: [
        { at: 30, begin: two, gives: "go" },
        { at: 31, end: two, outcome: "not-written" },
        { at: 32, begin: one, gives: "go" },
      ],
    },
    {
      what: "is held while a write is under way, by a later as by an earlier one",
      steps: [
        { at: 30, begin: one, gives: "go" },
        { at: 31, begin: two, gives: askAt(30 + TAG_HOLD_MS) },
        { at: 32, end: one, outcome: "written" },
        { at: 33, begin: two, gives: "go" },
        { at: 34, begin: write("between", B, 15), gives: askAt(33 + TAG_HOLD_MS) },
      ],
    },
    {
      what: "is free again once a hold has run out",
      steps: [
        { at: 30, begin: one, gives: "go" },
        { at: 29 + TAG_HOLD_MS, begin: two, gives: askAt(30 + TAG_HOLD_MS) },
        { at: 30 + TAG_HOLD_MS, begin: two, gives: "go" },
      ],
    },
    {
      what: "is not freed by a write whose hold has run out and passed to another",
      steps: [
        { at: 30, begin: one, gives: "go" },
        { at: 30 + TAG_HOLD_MS, begin: two, gives: "go" },
        { at: 31 + TAG_HOLD_MS, end: one, outcome: "not-written" },
        { at: 32 + TAG_HOLD_MS, begin: write("three", B, 40), gives: askAt(30 + 2 * TAG_HOLD_MS) },
      ],
    },
    {
      what: "may be begun again by the job that holds it, after its crash; then it looks first whether its write has arrived",
      steps: [
        { at: 30, begin: one, gives: "go" },
        { at: 40, begin: one, gives: "look" },
        { at: 41, end: one, outcome: "written" },
      ],
    },
    {
      what: "is looked at before it is written again by a job that could not tell how its write ended",
      steps: [
        { at: 30, begin: one, gives: "go" },
        { at: 31, end: one, outcome: "unknown" },
        { at: 40, begin: one, gives: "look" },
      ],
    },
    {
      what: "is written again without a look after a refusal",
      steps: [
        { at: 30, begin: one, gives: "go" },
        { at: 31, end: one, outcome: "not-written" },
        { at: 40, begin: one, gives: "go" },
      ],
    },
    {
      what: "that was written since it was looked at need not be written with the same digest",
      steps: [
        { at: 30, begin: one, gives: "go" },
        { at: 40, end: one, outcome: "written" },
        { at: 50, begin: write("two", A, 20, 35), gives: "already" },
      ],
    },
    {
      what: "is written with the same digest where it was looked at after that, and something else found",
      steps: [
        { at: 30, begin: one, gives: "go" },
        { at: 40, end: one, outcome: "written" },
        { at: 50, begin: write("two", A, 20, 45), gives: "go" },
      ],
    },
    {
      what: "is written with the same digest where the first write may not have arrived",
      steps: [
        { at: 30, begin: one, gives: "go" },
        { at: 40, end: one, outcome: "unknown" },
        { at: 40 + ARRIVING_MS, begin: write("two", A, 20, 35), gives: "go" },
      ],
    },
    {
      what: "stays held for a while where a write may arrive yet, as after a cancel",
      steps: [
        { at: 30, begin: one, gives: "go" },
        { at: 40, end: one, outcome: "unknown" },
        { at: 39 + ARRIVING_MS, begin: two, gives: askAt(40 + ARRIVING_MS) },
        { at: 40 + ARRIVING_MS, begin: two, gives: "go" },
      ],
    },
    {
      what: "that had the same digest already is as new as that resolution, although nobody wrote it",
      steps: [
        { at: 30, note: two },
        { at: 31, begin: one, gives: "superseded" },
      ],
    },
    {
      what: "that is found with an older resolution's digest is no older for it",
      steps: [
        { at: 30, note: two },
        { at: 31, note: one },
        { at: 32, begin: write("three", A, 15), gives: "superseded" },
        { at: 33, begin: write("four", B, 25, 25), gives: "already" },
      ],
    },
    {
      what: "may be written by two jobs that resolved in the same millisecond",
      steps: [
        { at: 30, begin: one, gives: "go" },
        { at: 31, end: one, outcome: "written" },
        { at: 32, begin: write("two", B, 10), gives: "go" },
      ],
    },
    {
      what: "does not depend on another",
      steps: [
        { at: 30, begin: two, gives: "go" },
        { at: 31, end: two, outcome: "written" },
        { at: 32, begin: write("one", A, 10, 10, "stable"), gives: "go" },
      ],
    },
    {
      what: "keeps its order for as long as a job can be retried",
      steps: [
        { at: 30, begin: two, gives: "go" },
        { at: 31, end: two, outcome: "written" },
        { at: DAY_MS, begin: write("other", A, DAY_MS, DAY_MS, "other"), gives: "go" },
        { at: DAY_MS, begin: one, gives: "superseded" },
        { at: 29 * DAY_MS, begin: write("other", A, 29 * DAY_MS, 29 * DAY_MS, "another"), gives: "go" },
        { at: 29 * DAY_MS, begin: one, gives: "superseded" },
      ],
    },
  ])("$what", async ({ steps }) => {
    await runInDurableObject(freshTags(), (_, { storage }) => play(storage.sql, steps));
  });

  test("is what a table is made for: leases of blobs, and asking, leave no database behind", async () => {
    const object = freshTags();
    const digests: Digest[] = [A];
    await object.claim("one", digests);
    await object.release("one", digests, true);
    expect(await object.isSparse(A)).toBe(false);
    const tables = () =>
      runInDurableObject(
        object,
        (_, { storage }) => storage.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table'").toArray().length,
      );
    expect(await tables()).toBe(0);
    expect(await object.beginTag(one)).toBe("go");
    await object.endTag(one, "written", "sparse");
    expect([await tables(), await object.isSparse(A)]).toEqual([2, true]);
  });

  test("keeps its order when its object is gone and comes back", async () => {
    const object = freshTags();
    expect(await object.beginTag(two)).toBe("go");
    await object.endTag(two, "written");
    await evictDurableObject(object);
    expect(await object.beginTag(one)).toBe("superseded");
    expect(await object.beginTag(write("three", A, 30))).toBe("go");
  });
});
