import { describe, expect, test } from "vitest";
import type { Progress } from "../../../../src/jobs/document.ts";
import { NONE_COUNTED, sumOf, uncounted } from "../../../../src/jobs/ledger/counted-blobs.ts";

function progress(blobs: Partial<Progress["blobs"]>, sent: number, bytesDone: number): Progress {
  return {
    manifests: { total: 1, done: 0 },
    blobs: { total: 4, done: 0, copied: 0, mounted: 0, existing: 0, staged: 0, ...blobs },
    bytes: { total: 1000, done: bytesDone, copied: sent },
  };
}

describe("what an end adds to the ends before", () => {
  const first = uncounted(progress({ copied: 2, mounted: 1, staged: 1 }, 600, 700), NONE_COUNTED);

  test("is everything at the first", () => {
    expect(first).toEqual({ copied: 2, mounted: 1, existing: 0, staged: 1, sent: 600, spared: 100 });
  });

  test("is nothing where nothing was done since", () => {
    expect(uncounted(progress({ copied: 2, mounted: 1, staged: 1 }, 600, 700), first)).toEqual(NONE_COUNTED);
  });

  test("is not what was sent before and is found there now", () => {
    expect(uncounted(progress({ existing: 3 }, 600, 700), first)).toEqual(NONE_COUNTED);
  });

  test("is what was sent since", () => {
    expect(uncounted(progress({ existing: 3, copied: 1 }, 900, 1000), first)).toEqual({ ...NONE_COUNTED, existing: 1, sent: 300 });
    expect(uncounted(progress({ copied: 3, mounted: 1 }, 900, 1000), first)).toEqual({ ...NONE_COUNTED, copied: 1, sent: 300 });
  });

  test("is no less for an end in between that had got less far", () => {
    const second = sumOf(first, uncounted(progress({}, 600, 0), first));
    expect(uncounted(progress({ copied: 2, mounted: 1, existing: 1 }, 600, 1000), second)).toEqual({
      ...NONE_COUNTED,
      existing: 1,
      spared: 300,
    });
  });
});
