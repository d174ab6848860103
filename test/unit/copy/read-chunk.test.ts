import { expect, it } from "vitest";
import { partFrom } from "../../../src/copy/read-chunk.ts";

const CHUNK = Uint8Array.of(10, 11, 12, 13);

it.each([
  { position: 0, part: [10, 11, 12, 13] },
  { position: 9, part: [10, 11, 12, 13] },
  { position: 10, part: [10, 11, 12, 13] },
  { position: 11, part: [11, 12, 13] },
  { position: 13, part: [13] },
  { position: 14, part: [] },
  { position: 99, part: [] },
])("of a chunk from 10 to 14, from $position on it is $part", ({ position, part }) => {
  expect([...partFrom(CHUNK, 10, position)]).toEqual(part);
});

it("is in the chunk's own memory", () => {
  expect(partFrom(CHUNK, 10, 10)).toBe(CHUNK);
  expect(partFrom(CHUNK, 10, 12).buffer).toBe(CHUNK.buffer);
});

it("of an empty chunk is empty", () => {
  expect(partFrom(new Uint8Array(0), 0, 0).byteLength).toBe(0);
});
