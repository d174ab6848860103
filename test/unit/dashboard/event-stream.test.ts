import { describe, expect, test } from "vitest";
import { EventStreamReader } from "../../../src/dashboard/event-stream.ts";

const STREAM =
  'retry: 1000\n\nid: 3\nevent: job\ndata: {"a":"b: c"}\n\n: still here\n\nevent: progress\ndata: one\ndata:two\n\ndata: plain\n\n';

const EVENTS = [
  { name: "job", data: '{"a":"b: c"}' },
  { name: "progress", data: "one\ntwo" },
  { name: "message", data: "plain" },
];

describe("a stream of events", () => {
  test.each([1, 2, 3, 7, 1000])("is read from pieces of %i characters", (size) => {
    const reader = new EventStreamReader();
    const pieces = STREAM.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
    expect(pieces.flatMap((piece) => reader.push(piece))).toEqual(EVENTS);
    expect([reader.lastEventId, reader.retryMs]).toEqual(["3", 1000]);
  });

  test.each(["\n", "\r\n", "\r"])("may end its lines with %j", (end) => {
    const reader = new EventStreamReader();
    expect([...STREAM].flatMap((character) => reader.push(character === "\n" ? end : character)).concat(reader.push("\n"))).toEqual(EVENTS);
  });

  test("an event that is cut off is none, and a separator of lines in its data is data", () => {
    const reader = new EventStreamReader();
    expect(reader.push("data: a\u2028b\n\ndata: half")).toEqual([{ name: "message", data: "a\u2028b" }]);
  });
});
