/** The ladder of one blob: what is asked, what is sent, and that nothing is left open at the destination, however it ends. */
import { describe, expect, it, test } from "vitest";
import type { PlaceOptions } from "../../src/copy/place-blob.ts";
import { DEFAULT_RETRY_POLICY } from "../../src/net/retry-policy.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { CopyError, type Failure } from "../../src/oci/errors.ts";
import { blobOf, MemorySource, seededBytes } from "../support/memory-source.ts";
import { MemoryTarget } from "../support/memory-target.ts";
import { BROKEN, isSame } from "../support/memory-upload.ts";
import { placeBlob } from "../support/place-blob.ts";
import { quickEffects } from "../support/quick-effects.ts";

const MIB = 1024 * 1024;
const CONTENT = seededBytes(2 * MIB + 9, 4);
const BLOB = blobOf(CONTENT);
const CANCELLED = new CopyError({ code: "cancelled", message: "Enough", retry: "never" });

/** One blob between a source and a target, with everything that was to go on after an end. */
class Ladder {
  readonly source = new MemorySource(CONTENT);
  readonly target = new MemoryTarget();
  readonly stop = new AbortController();
  readonly #left: Promise<unknown>[] = [];

  /** Down the whole ladder, as a carrier does it. */
  async place(blob: Descriptor = BLOB, mountFrom?: string): Promise<"existing" | "mounted" | "copied"> {
    const options: PlaceOptions = {
      effects: quickEffects,
      retry: DEFAULT_RETRY_POLICY,
      signal: this.stop.signal,
      leave: (work) => void this.#left.push(work),
      ...(mountFrom === undefined ? {} : { mountFrom }),
    };
    try {
      return await placeBlob(blob, this.source, this.target, options);
    } finally {
      // What was left to go on does so now; an answer that was held back comes.
      this.stop.abort(CANCELLED);
      await Promise.all(this.#left);
    }
  }

  get arrived(): boolean {
    return this.target.uploads.some(({ committed }) => isSame(CONTENT, committed));
  }
}

describe("a blob is", () => {
  test("existing: one question, nothing sent", async () => {
    const ladder = new Ladder();
    ladder.target.blobs.add(BLOB.digest);
    expect(await ladder.place()).toBe("existing");
    expect(ladder.target.asked).toEqual(["has"]);
    expect(ladder.source.opened).toEqual([]);
  });

  test("mounted: one request, and no question before it", async () => {
    const ladder = new Ladder();
    ladder.target.mounts = "done";
    expect(await ladder.place(BLOB, "library/app")).toBe("mounted");
    expect(ladder.target.asked).toEqual(["mount from library/app"]);
    expect(ladder.source.opened).toEqual([]);
  });

  test("copied", async () => {
    const ladder = new Ladder();
    expect(await ladder.place()).toBe("copied");
    expect(ladder.target.asked).toEqual(["has", "start"]);
    expect([ladder.arrived, ladder.target.left]).toEqual([true, 0]);
  });

  test("copied in the upload that a refused mount has begun", async () => {
    const ladder = new Ladder();
    expect(await ladder.place(BLOB, "library/app")).toBe("copied");
    expect(ladder.target.asked).toEqual(["mount from library/app", "has"]);
    expect([ladder.arrived, ladder.target.uploads.length]).toEqual([true, 1]);
  });

  test("existing although the mount was refused: its upload is given back", async () => {
    const ladder = new Ladder();
    ladder.target.blobs.add(BLOB.digest);
    expect(await ladder.place(BLOB, "library/app")).toBe("existing");
    expect(ladder.target.uploads.map(({ cancels }) => cancels)).toEqual([1]);
  });

  test("empty: the source is asked nothing", async () => {
    const ladder = new Ladder();
    expect(await ladder.place(blobOf(new Uint8Array(0)))).toBe("copied");
    expect(ladder.source.opened).toEqual([]);
    expect(ladder.target.uploads.map(({ finishes }) => finishes)).toEqual([[0]]);
  });

  test("refused where it is said to be empty and its digest says otherwise", async () => {
    const ladder = new Ladder();
    await expect(ladder.place({ ...BLOB, size: 0 })).rejects.toMatchObject({ failure: { code: "manifest-invalid", side: "source" } });
    expect(ladder.target.left).toBe(0);
  });
});

describe("a blob is begun again", () => {
  const again: Failure = { ...BROKEN, retry: "now", message: "Another way" };

  test("after an upload that was lost, in another upload", async () => {
    const ladder = new Ladder();
    ladder.target.prepare = (upload, number) => {
      upload.faults = number < 3 ? [{ at: MIB }] : [];
      upload.lost = again;
    };
    expect(await ladder.place()).toBe("copied");
    expect(ladder.target.uploads.map(({ cancels }) => cancels)).toEqual([1, 1, 0]);
    expect([ladder.arrived, ladder.target.left]).toEqual([true, 0]);
  });

  test("four times in all, and fails then", async () => {
    const ladder = new Ladder();
    ladder.target.prepare = (upload) => {
      upload.faults = [{ at: MIB }];
      upload.lost = again;
    };
    await expect(ladder.place()).rejects.toMatchObject({ failure: again });
    expect(ladder.target.uploads.map(({ cancels }) => cancels)).toEqual([1, 1, 1, 1]);
  });

  test("once after bytes that were damaged on their way", async () => {
    const ladder = new Ladder();
    ladder.source.faults = [{ flips: 77 }];
    expect(await ladder.place()).toBe("copied");
    expect(ladder.target.uploads.map(({ finishes, cancels }) => [finishes.length, cancels])).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(ladder.arrived).toBe(true);
  });

  test("not a second time: then the source has other bytes", async () => {
    const ladder = new Ladder();
    ladder.source.faults = [{ flips: 77 }, { flips: 77 }];
    await expect(ladder.place()).rejects.toMatchObject({ failure: { code: "digest-mismatch", side: "source", retry: "never" } });
    expect(ladder.target.uploads.map(({ finishes, cancels }) => [finishes.length, cancels])).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });
});

describe("no upload is left open where", () => {
  const DESTINATION: Failure = { code: "destination-refused", message: "No", retry: "never", side: "destination" };
  const SOURCE: Failure = { code: "access-denied", message: "No", retry: "never", side: "source" };
  const throws = (failure: Failure) => Promise.reject(new CopyError(failure));

  it.each<[string, (ladder: Ladder) => void, string | undefined, Partial<Failure>]>([
    [
      "the source can't be opened",
      (ladder) => {
        ladder.source.openBlob = () => throws(SOURCE);
      },
      undefined,
      SOURCE,
    ],
    [
      "the source can't be opened after a refused mount",
      (ladder) => {
        ladder.source.openBlob = () => throws(SOURCE);
      },
      "library/app",
      SOURCE,
    ],
    [
      "the destination can't say whether it has the blob after a refused mount",
      (ladder) => {
        ladder.target.answers = (question) => (question === "has" ? throws(DESTINATION) : Promise.resolve());
      },
      "library/app",
      DESTINATION,
    ],
    [
      "the destination refuses in the middle",
      (ladder) => {
        ladder.target.prepare = (upload) => {
          upload.faults = [{ at: MIB, failure: DESTINATION }];
        };
      },
      undefined,
      DESTINATION,
    ],
    [
      "the destination refuses the commit",
      (ladder) => {
        ladder.target.prepare = (upload) => {
          upload.faults = [{ at: CONTENT.byteLength, failure: DESTINATION }];
        };
      },
      undefined,
      DESTINATION,
    ],
    [
      "the source sends too much",
      (ladder) => {
        ladder.source.faults = [{ extra: true }];
      },
      undefined,
      { code: "size-mismatch" },
    ],
  ])("%s", async (_, prepare, mountFrom, failure) => {
    const ladder = new Ladder();
    prepare(ladder);
    await expect(ladder.place(BLOB, mountFrom)).rejects.toMatchObject({ failure });
    expect(ladder.target.uploads.map(({ committed, cancels }) => [committed, cancels])).toEqual(
      ladder.target.asked.some((question) => question !== "has") ? [[undefined, 1]] : [],
    );
  });

  test("no upload could be begun: the source's connection is closed", async () => {
    const ladder = new Ladder();
    ladder.target.answers = (question) => (question === "start" ? throws(DESTINATION) : Promise.resolve());
    const closed = Promise.withResolvers<void>();
    ladder.source.openBlob = async () => ({ stream: new ReadableStream({ type: "bytes", cancel: () => closed.resolve() }), offset: 0 });
    await expect(ladder.place()).rejects.toMatchObject({ failure: DESTINATION });
    await closed.promise;
  });
});

describe("an abort leaves no upload open", () => {
  /** Answers only after the abort, as a request does whose answer was under way. */
  const aborting = (ladder: Ladder, when: string) => {
    ladder.target.answers = async (question) => {
      if (question === when) {
        ladder.stop.abort(CANCELLED);
        await new Promise((resolve) => setTimeout(resolve));
      }
    };
  };

  it.each([
    { when: "start", mountFrom: undefined },
    { when: "has", mountFrom: "library/app" },
    { when: "mount from library/app", mountFrom: "library/app" },
  ])("while the answer to `$when` is under way", async ({ when, mountFrom }) => {
    const ladder = new Ladder();
    aborting(ladder, when);
    await expect(ladder.place(BLOB, mountFrom)).rejects.toBe(CANCELLED);
    expect(ladder.target.uploads.map(({ cancels }) => cancels)).toEqual([1]);
  });

  test("and does not wait for the answer to giving it back", async () => {
    const stop = new AbortController();
    const [source, target] = [new MemorySource(CONTENT), new MemoryTarget()];
    const left: Promise<unknown>[] = [];
    target.prepare = (upload) => {
      upload.takes = () => {
        stop.abort(CANCELLED);
        return new Promise(() => {});
      };
      upload.cancel = () => new Promise(() => {});
    };
    const options = {
      effects: quickEffects,
      retry: DEFAULT_RETRY_POLICY,
      signal: stop.signal,
      leave: (work: Promise<unknown>) => void left.push(work),
    };
    await expect(placeBlob(BLOB, source, target, options)).rejects.toBe(CANCELLED);
    expect(left).toHaveLength(1);
  });

  it.each([1, 2, 3])("while write %i is under way", async (number) => {
    const ladder = new Ladder();
    ladder.target.prepare = (upload) => {
      upload.takes = (call) => {
        if (call < number) {
          return Promise.resolve();
        }
        ladder.stop.abort(CANCELLED);
        return new Promise(() => {});
      };
    };
    await expect(ladder.place()).rejects.toBe(CANCELLED);
    expect(ladder.target.uploads.map(({ committed, cancels }) => [committed, cancels])).toEqual([[undefined, 1]]);
  });
});
