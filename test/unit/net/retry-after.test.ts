import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRetryAfter, parseRetryText } from "../../../src/net/retry-after.ts";

const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);

describe("parseRetryAfter", () => {
  it.each<[string | null, number | undefined]>([
    // Seconds
    ["0", 0],
    ["120", 120_000],
    [" 7 ", 7_000],
    ["0.5", 500],
    ["1.0004", 1_001],
    ["999999999999999", 999_999_999_999_999_000],
    // IMF-fixdate
    ["Fri, 20 Nov 2026 12:00:30 GMT", 30_000],
    ["fri, 20 nov 2026 12:00:30 gmt", 30_000],
    ["Sat, 21 Nov 2026 12:00:00 GMT", 86_400_000],
    ["Fri, 20 Nov 2026 11:59:00 GMT", 0],
    ["Sun, 06 Nov 1994 08:49:37 GMT", 0],
    ["Fri, 20 Nov 2026 12:00:60 GMT", 60_000],
    ["Tue, 29 Feb 2028 00:00:00 GMT", Date.UTC(2028, 1, 29) - NOW],
    // RFC 850, years by their nearness
    ["Friday, 20-Nov-26 12:01:00 GMT", 60_000],
    ["Sunday, 06-Nov-94 08:49:37 GMT", 0],
    ["Friday, 20-Nov-76 12:00:00 GMT", Date.UTC(2076, 10, 20, 12) - NOW],
    ["Sunday, 20-Nov-77 12:00:00 GMT", 0],
    // asctime
    ["Fri Nov 20 12:00:05 2026", 5_000],
    ["Sun Dec  6 12:00:00 2026", Date.UTC(2026, 11, 6, 12) - NOW],
    // Nothing sensible
    [null, undefined],
    ["", undefined],
    ["soon", undefined],
    ["-1", undefined],
    ["+1", undefined],
    ["1e3", undefined],
    ["0x10", undefined],
    ["1.", undefined],
    [".5", undefined],
    ["1 2", undefined],
    ["10, 20", undefined],
    ["Infinity", undefined],
    ["9999999999999999", undefined],
    ["2026-11-20T12:00:30Z", undefined],
    ["Fri, 20 Nov 2026 12:00:30", undefined],
    ["Fri, 20 Nov 2026 12:00:30 CET", undefined],
    ["Fri, 20 Nov 2026 24:00:00 GMT", undefined],
    ["Fri, 20 Nov 2026 12:60:00 GMT", undefined],
    ["Fri, 20 Nov 2026 12:00:61 GMT", undefined],
    ["Fri, 31 Feb 2026 12:00:00 GMT", undefined],
    ["Fri, 00 Nov 2026 12:00:00 GMT", undefined],
    ["Fri, 20 Foo 2026 12:00:00 GMT", undefined],
    ["20 Nov 2026 12:00:00 GMT", undefined],
  ])("%j is %s ms", (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected);
  });

  it("reads every date that toUTCString writes", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true }), (date) => {
        const whole = Math.floor(date.getTime() / 1000) * 1000;
        expect(parseRetryAfter(date.toUTCString(), NOW)).toBe(Math.max(0, whole - NOW));
      }),
    );
  });

  it("gives a number of at least 0 or nothing, for any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const result of [parseRetryAfter(text, NOW), parseRetryText(text), parseRetryText(`retry-after: ${text}`)]) {
          expect(result === undefined || (Number.isFinite(result) && result >= 0)).toBe(true);
        }
      }),
    );
  });
});

describe("parseRetryText", () => {
  it.each<[string, number | undefined]>([
    ["toomanyrequests: retry-after: 985.86µs, allowed: 44000/minute", 1],
    ["toomanyrequests: retry-after: 985.86μs, allowed: 44000/minute", 1],
    ["retry-after: 985.86us", 1],
    ["retry-after: 1.2ms", 2],
    ["retry-after: 250ms, allowed", 250],
    ["Retry-After: 2s", 2_000],
    ["retry-after: 1m30.5s", 90_500],
    ["retry-after: 1h2m3s", 3_723_000],
    ["retry-after: 100ns", 1],
    ["retry-after: 30", 30_000],
    ["retry-after:30", 30_000],
    ["retry-after 30", 30_000],
    ['{"errors":[{"code":"TOOMANYREQUESTS","message":"retry-after: 3s"}]}', 3_000],
    ["first retry-after: soon, then retry-after: 4s", 4_000],
    ["", undefined],
    ["toomanyrequests", undefined],
    ["retry-after: soon", undefined],
    ["retry-after: 12parsecs", undefined],
    ["retry-after: -5s", undefined],
    ["<html>Too many requests</html>", undefined],
  ])("%j is %s ms", (body, expected) => {
    expect(parseRetryText(body)).toBe(expected);
  });

  it.each(["retry-after: ", "1", "1s", "retry-after: 1", "retry-after: 1s2"])("is done quickly with %j without end", (unit) => {
    const started = performance.now();
    parseRetryText(`retry-after: ${unit.repeat(100_000)}x`);
    parseRetryAfter(unit.repeat(100_000), NOW);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
