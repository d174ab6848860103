/** Whether a carry goes on after a failure, how, and after what wait. */
import { describe, expect, it } from "vitest";
import { type Course, courseFrom, resumption } from "../../../src/copy/resumption.ts";
import type { RetryPolicy } from "../../../src/net/retry-policy.ts";
import type { Failure, Retry, Side } from "../../../src/oci/errors.ts";

const POLICY: RetryPolicy = { maxAttempts: 4, baseMs: 100, maxMs: 1_000, inlineWaitMs: 5_000 };

function failure(retry: Retry, side: Side, waitMs?: number): Failure {
  return { code: "registry-unavailable", message: "Gone", retry, side, ...(waitMs !== undefined && { waitMs }) };
}

/** After a failure of a carry from source to destination, where chance gives a half. */
function resumed(course: Partial<Course>, what: Failure, from: Side = "source") {
  return resumption({ ...courseFrom(0), ...course }, what, from, POLICY, () => 0.5);
}

describe("a carry goes on", () => {
  it.each([
    { what: "at the source: the upload is not asked", side: "source", from: "source", isBroken: false },
    { what: "at the destination: the upload is asked", side: "destination", from: "source", isBroken: true },
    { what: "at the stage that it reads from", side: "staging", from: "staging", isBroken: false },
    { what: "at the stage that it writes to", side: "staging", from: "source", isBroken: true },
  ] as const)("after a failure $what", ({ side, from, isBroken }) => {
    expect(resumed({ sent: 7 }, failure("later", side), from)?.course.isBroken).toBe(isBroken);
  });

  it("still asks the upload after a failure of the source, where it had to before", () => {
    expect(resumed({ isBroken: true }, failure("later", "source"))?.course.isBroken).toBe(true);
  });

  it("counts from one again where the upload got further, and not where it only got back what it had lost", () => {
    const later = failure("later", "destination");
    expect(resumed({ sent: 9, furthest: 8, fruitless: 2 }, later)?.course).toMatchObject({ sent: 9, furthest: 9, fruitless: 1 });
    expect(resumed({ sent: 8, furthest: 8, fruitless: 2 }, later)?.course).toMatchObject({ sent: 8, furthest: 8, fruitless: 3 });
    expect(resumed({ sent: 5, furthest: 8, fruitless: 1 }, later)?.course).toMatchObject({ sent: 5, furthest: 8, fruitless: 2 });
  });

  it("leaves the course that it came from as it was", () => {
    const course = courseFrom(3);
    expect(resumption(course, failure("later", "destination"), "source", POLICY, () => 0)?.course).not.toBe(course);
    expect(course).toEqual({ sent: 3, furthest: 3, fruitless: 0, isBroken: false, isFrail: false });
  });
});

describe("the wait", () => {
  it.each([
    { what: "is the policy's", fruitless: 0, retry: "later", waitMs: 50 },
    { what: "grows", fruitless: 2, retry: "later", waitMs: 200 },
    { what: "is what the other end asks for", fruitless: 2, retry: "later", asked: 4_000, waitMs: 4_000 },
    { what: "is none where the cause is dealt with", fruitless: 0, retry: "now", waitMs: 0 },
    { what: "is the policy's where that did not help", fruitless: 1, retry: "now", waitMs: 100 },
  ] as const)("$what", ({ fruitless, retry, waitMs, ...more }) => {
    const asked = "asked" in more ? more.asked : undefined;
    expect(resumed({ fruitless }, failure(retry, "destination", asked))?.waitMs).toBe(waitMs);
  });

  it("asks chance only where the policy's is taken", () => {
    const none = () => {
      throw new Error("asked");
    };
    expect(resumption(courseFrom(0), failure("later", "source", 10), "source", POLICY, none)?.waitMs).toBe(10);
    expect(resumption(courseFrom(0), failure("now", "source"), "source", POLICY, none)?.waitMs).toBe(0);
  });
});

describe("a carry ends", () => {
  it.each([
    { what: "where trying again never helps", course: {}, failure: failure("never", "source") },
    { what: "with the last attempt that brought nothing", course: { fruitless: 3 }, failure: failure("later", "source") },
    { what: "where the wait is too long to be waited here", course: {}, failure: failure("later", "source", 5_001) },
    { what: "where the upload's session is lost", course: { isBroken: true }, failure: failure("now", "destination") },
  ])("$what", ({ course, failure: what }) => {
    expect(resumed(course, what)).toBeUndefined();
  });

  it("not before its last attempt, nor for the longest wait", () => {
    expect(resumed({ fruitless: 2 }, failure("later", "source"))).toBeDefined();
    expect(resumed({}, failure("later", "source", 5_000))).toBeDefined();
  });

  it("not for a longer wait in the middle, where what was sent would have to move again", () => {
    expect(resumed({ sent: 1 }, failure("later", "source", 20_000))).toBeDefined();
    expect(resumed({ sent: 1 }, failure("later", "source", 20_001))).toBeUndefined();
  });

  it("not for the policy's own wait, however short the one that may be asked for", () => {
    expect(resumption(courseFrom(0), failure("later", "source"), "source", { ...POLICY, inlineWaitMs: 0 }, () => 1)?.waitMs).toBe(100);
  });
});
