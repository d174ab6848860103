import { describe, expect, test } from "vitest";
import { preferredWait } from "../../../src/api/prefer.ts";

describe("Prefer", () => {
  test.each<[string | null, number | undefined]>([
    [null, undefined],
    ["", undefined],
    ["wait=10", 10],
    ["wait=0", 0],
    ["Wait=10", 10],
    ["wait = 10", 10],
    ['wait="10"', 10],
    ["wait=60", 60],
    ["wait=61", 60],
    ["wait=999999999", 60],
    ["wait=99999999999999999999", undefined],
    ["respond-async, wait=10", 10],
    ["respond-async;x=y , wait=5; foo=bar", 5],
    ["wait=5, wait=10", 5],
    ["respond-async", undefined],
    ["wait", undefined],
    ["wait=", undefined],
    ["wait=-1", undefined],
    ["wait=1.5", undefined],
    ["wait=ten", undefined],
    ["waiting=10", undefined],
    ['handling="lenient, and more", wait=3', 3],
    ['foo="a,wait=9", wait=3', 3],
    ['foo="a,wait=9,b"', undefined],
    ["=5, wait=3", 3],
  ])("%j waits %s", (header, seconds) => {
    expect(preferredWait(header)).toBe(seconds);
  });
});
