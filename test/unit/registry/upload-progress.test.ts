import { describe, expect, it } from "vitest";
import { UploadProgress } from "../../../src/registry/upload-progress.ts";

function patch(start: number, end: number) {
  return { method: "PATCH", start, end } as const;
}

describe("how much a successful PATCH has stored", () => {
  it.each<[string, number, number, number | undefined, number]>([
    ["all, as the registry says", 0, 100, 100, 100],
    ["Q88: all, where it says nothing", 100, 200, undefined, 200],
    ["Q86: all, where it still says `0-0`", 0, 100, 1, 100],
    ["Q87: all, where its range has not moved", 100, 200, 100, 200],
    ["Q87: all, where its range is stuck further back", 200, 300, 100, 300],
    ["all, where it counts one byte too many", 0, 100, 101, 100],
    ["a part, where it names a place in between", 100, 200, 150, 150],
    ["a part of the first chunk", 0, 100, 60, 60],
  ])("%s", (_, start, end, held, expected) => {
    expect(new UploadProgress().acknowledge(patch(start, end), held)).toBe(expected);
  });
});

describe("where to go on", () => {
  it.each<[string, number, number, number | undefined, number | undefined]>([
    ["where the registry says", 0, 100, 60, 60],
    ["Q86: at 0 for `0-0` of an upload that never acknowledged a byte", 0, 100, 1, 0],
    ["Q86: at 0 for `0--1`", 0, 100, 0, 0],
    ["Q86: at 0 where it says nothing", 0, 100, undefined, 0],
    ["Q87: not before what was acknowledged", 100, 200, 50, 100],
    ["after what was acknowledged, where it kept more", 100, 200, 150, 150],
    ["at the end, where it kept all", 100, 200, 200, 200],
    ["nowhere, where it claims more than was sent", 100, 200, 201, undefined],
  ])("is %s", (_, acknowledged, offered, held, expected) => {
    const progress = new UploadProgress();
    if (acknowledged > 0) {
      progress.offer(patch(0, acknowledged));
      progress.acknowledge(patch(0, acknowledged), acknowledged);
    }
    progress.offer(patch(acknowledged, offered));
    expect(progress.position(held)).toBe(expected);
  });

  it("is one byte in, where one was acknowledged", () => {
    const progress = new UploadProgress();
    progress.offer(patch(0, 1));
    progress.acknowledge(patch(0, 1), 1);
    expect(progress.position(1)).toBe(1);
  });

  it("is the registry's own word once it has disagreed", () => {
    const progress = new UploadProgress();
    progress.offer(patch(0, 100));
    progress.acknowledge(patch(0, 100), 100);
    progress.disagree();
    expect(progress.position(40)).toBe(40);
  });
});

it("asks a registry that disagrees where the upload stands, but not again and again without a byte taken in between", () => {
  const progress = new UploadProgress();
  progress.offer(patch(0, 100));
  expect([progress.disagree(), progress.disagree(), progress.disagree()]).toEqual([true, true, false]);
  progress.acknowledge(patch(0, 50), 50);
  expect(progress.disagree()).toBe(true);
});

it("Q97: blames the size once connections break off without a byte kept", () => {
  const progress = new UploadProgress();
  progress.breakOff();
  expect(progress.isHopeless(0)).toBe(false);
  progress.breakOff();
  expect(progress.isHopeless(0)).toBe(true);
  expect(progress.isHopeless(10)).toBe(false);
});
