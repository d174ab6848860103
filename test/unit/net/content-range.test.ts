import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteRange, parseContentRange, parseUploadRange } from "../../../src/net/content-range.ts";

describe("parseContentRange", () => {
  it.each<[string | null, ByteRange | undefined]>([
    ["bytes 0-499/1234", { first: 0, last: 499, total: 1234 }],
    ["bytes 0-0/1", { first: 0, last: 0, total: 1 }],
    ["bytes 734-1233/*", { first: 734, last: 1233 }],
    ["Bytes 1-2/3", { first: 1, last: 2, total: 3 }],
    ["bytes=1-2/3", { first: 1, last: 2, total: 3 }],
    [" bytes 1-2/3 ", { first: 1, last: 2, total: 3 }],
    [null, undefined],
    ["", undefined],
    ["bytes */1234", undefined],
    ["bytes 2-1/3", undefined],
    ["bytes 1-3/3", undefined],
    ["bytes 1-2/0", undefined],
    ["bytes -1/3", undefined],
    ["bytes 1-/3", undefined],
    ["bytes 1-2", undefined],
    ["items 1-2/3", undefined],
    ["1-2/3", undefined],
    ["bytes 1-2/3, bytes 4-5/6", undefined],
    ["bytes 1-2/3x", undefined],
    ["bytes 0-9999999999999999/*", undefined],
    ["bytes 0-99999999999999999999/*", undefined],
  ])("of %j is %j", (value, expected) => {
    expect(parseContentRange(value)).toEqual(expected);
  });

  it("gives back what it was written from", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        const first = Math.min(a, b);
        const last = Math.max(a, b);
        expect(parseContentRange(`bytes ${first}-${last}/*`)).toEqual({ first, last });
      }),
    );
  });
});

describe("parseUploadRange", () => {
  it.each<[string | null, number | undefined]>([
    ["0-84520", 84_521],
    ["0-0", 1],
    ["0--1", 0],
    ["bytes=0-84520", 84_521],
    ["bytes 0-84520", 84_521],
    ["Bytes=0--1", 0],
    [" 0-9 ", 10],
    [null, undefined],
    ["", undefined],
    ["5-9", undefined],
    ["0-", undefined],
    ["0--2", undefined],
    ["-1", undefined],
    ["0-9/10", undefined],
    ["0-9,10-19", undefined],
    ["0-0x10", undefined],
    ["00-9", undefined],
    ["0-9999999999999999", undefined],
  ])("of %j is %j bytes", (value, expected) => {
    expect(parseUploadRange(value)).toBe(expected);
  });
});

it("neither throws, for any text", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseContentRange(text);
      parseUploadRange(text);
      parseContentRange(`bytes ${text}`);
    }),
  );
});
