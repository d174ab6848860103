import { describe, expect, it, test } from "vitest";
import { DigestTags } from "../../../src/copy/digest-tags.ts";
import { type Digest, digestOf } from "../../../src/oci/digest.ts";
import type { TagPage } from "../../../src/oci/directory.ts";
import { CopyError, type CopyErrorCode } from "../../../src/oci/errors.ts";
import { failureFrom } from "../registry/scripted-transport.ts";

const digests = Array.from({ length: 4 }, (_, index): Digest => digestOf(Uint8Array.of(index)));
const [first, second] = digests as [Digest, Digest];
const tagOf = (digest: Digest, suffix: string) => `${digest.replace(":", "-")}${suffix}`;

/** Pages of a list; an error in place of one is thrown. */
function listing(...pages: (readonly string[] | CopyError)[]) {
  const asked: (string | undefined)[] = [];
  const tags = new DigestTags(async (next): Promise<TagPage> => {
    asked.push(next);
    const number = Number(next ?? 0);
    const page = pages[number];
    if (page === undefined || page instanceof CopyError) {
      throw page ?? new Error("no such page");
    }
    return { tags: [...page], ...(number + 1 < pages.length ? { next: String(number + 1) } : {}) };
  });
  return { tags, asked };
}

function failure(code: CopyErrorCode, retry: "never" | "later"): CopyError {
  return new CopyError({ code, message: "…", retry, side: "source" });
}

test("one page tells of all manifests, however often they are asked about", async () => {
  const { tags, asked } = listing(["1.0", tagOf(first, ".sig"), "latest"]);
  for (const subjects of [digests, [first], [second]]) {
    const has = await tags.look(subjects);
    expect([has(tagOf(first, ".sig")), has(tagOf(first, ".att")), has(tagOf(second, ".sig"))]).toEqual([true, false, false]);
  }
  expect(asked).toEqual([undefined]);
});

describe("of a long list", () => {
  test("as many pages are read as manifests were asked about; then what was not seen is not known", async () => {
    const { tags, asked } = listing(["a"], [tagOf(first, ".sig")], ["b"], [tagOf(second, ".sig")]);
    const one = await tags.look([first]);
    expect([asked.length, one(tagOf(first, ".sig"))]).toEqual([1, undefined]);
    const three = await tags.look([first, second, digests[2] as Digest]);
    expect([asked.length, three(tagOf(first, ".sig")), three(tagOf(second, ".sig"))]).toEqual([3, true, undefined]);
    const four = await tags.look(digests);
    expect([asked.length, four(tagOf(second, ".sig")), four(tagOf(second, ".att"))]).toEqual([4, true, false]);
  });

  test("no page is read twice by those who ask at the same time", async () => {
    const { tags, asked } = listing(["a"], ["b"], ["c"]);
    await Promise.all(digests.map((digest) => tags.look([digest])));
    expect(asked).toEqual([undefined, "1", "2"]);
  });

  test("that begins again and again, no more is read", async () => {
    let pages = 0;
    const tags = new DigestTags(async () => ({ tags: [`t${pages++}`], next: "same" }));
    const has = await tags.look(digests);
    expect([pages, has(tagOf(first, ".sig"))]).toEqual([2, undefined]);
  });
});

it.each<CopyErrorCode>(["access-denied", "not-found", "unsupported"])(
  "a list that is refused (%s) tells nothing, and is not asked for again",
  async (code) => {
    const { tags, asked } = listing(failure(code, "never"));
    expect((await tags.look([first]))(tagOf(first, ".sig"))).toBeUndefined();
    expect((await tags.look(digests))(tagOf(first, ".sig"))).toBeUndefined();
    expect(asked).toHaveLength(1);
  },
);

it.each<[CopyErrorCode, "never" | "later"]>([
  ["rate-limited", "later"],
  ["registry-unavailable", "later"],
  ["cancelled", "never"],
])("what may pass is not taken for an answer: %s", async (code, retry) => {
  const { tags, asked } = listing(failure(code, retry));
  expect(await failureFrom(tags.look([first]))).toMatchObject({ code });
  expect(await failureFrom(tags.look([first]))).toMatchObject({ code });
  expect(asked).toHaveLength(2);
});
