/** Tags that were listed and then not found, looked for in the list again: in slices that end between its pages, on the rows of a real object. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { SliceContext } from "../../src/jobs/images/slice-context.ts";
import { JobStore } from "../../src/jobs/job-store.ts";
import { confirmGone } from "../../src/jobs/tags/confirm-gone.ts";
import type { TagPage } from "../../src/oci/directory.ts";

const SOURCE = "from.example/app";

/** A job over the tags a to f, of which the list has these pages now. Each slice has time for so many of them. */
function job(sql: SqlStorage, pages: readonly (readonly string[])[]) {
  const store = new JobStore(sql);
  const request = { source: SOURCE, destination: ["to.example/app"], tags: "all" as const };
  store.insert({ id: "job", request, fingerprint: "x", trigger: { kind: "api", name: "test", actor: null } }, 0);
  store.listing.add(SOURCE, { tags: ["a", "b", "c", "d", "e", "f"], dropped: [], next: null, page: null });
  const asked: number[] = [];
  const tagPage = async (next = "0"): Promise<TagPage> => {
    const number = Number(next);
    asked.push(number);
    return { tags: [...(pages[number] ?? [])], ...(number + 1 < pages.length ? { next: String(number + 1) } : {}) };
  };
  return {
    /** Notes tags as listed and not found. */
    miss: (...tags: string[]) => store.listing.missed(tags.map((tag) => "abcdef".indexOf(tag) + 1)),
    /** Gives the pages that one slice with time for so many has asked for. */
    slice: async (time: number): Promise<number[]> => {
      const begun = asked.length;
      await confirmGone({
        request,
        listing: store.listing,
        cancelled: new AbortController().signal,
        admit: async () => {},
        forward: () => {},
        hasTime: () => asked.length - begun < time,
        openDirectory: () => ({ tagPage }),
      } as unknown as SliceContext);
      return asked.slice(begun);
    },
    states: () => store.imagePage({ limit: 10 }).images.map(({ destinations }) => destinations[0]?.status),
  };
}

const within = (name: string, use: (sql: SqlStorage) => Promise<void>) =>
  runInDurableObject(env.COPY_JOBS.getByName(name), (_, { storage }) => use(storage.sql));

test("a list of many pages is looked at over several slices, each page once", async () => {
  await within("gone-slices", async (sql) => {
    const { miss, slice, states } = job(sql, [["a"], ["b"], ["c"], ["d"], ["e"]]);
    miss("b", "d", "f");
    expect(await slice(0)).toEqual([]);
    expect(await slice(2)).toEqual([0, 1]);
    expect(states()).toEqual(["pending", "failed", "pending", "pending", "pending", "pending"]);
    expect(await slice(2)).toEqual([2, 3]);
    expect(await slice(2)).toEqual([4]);
    expect(states()).toEqual(["pending", "failed", "pending", "failed", "pending", "skipped"]);
    expect(await slice(2)).toEqual([]);
  });
});

test("what is missed later is looked for from the beginning", async () => {
  await within("gone-later", async (sql) => {
    const { miss, slice, states } = job(sql, [["a"], ["b"], ["c"]]);
    miss("f");
    expect(await slice(2)).toEqual([0, 1]);
    miss("a");
    expect(await slice(5)).toEqual([0, 1, 2]);
    expect(states()).toEqual(["failed", "pending", "pending", "pending", "pending", "skipped"]);
  });
});

test("the look ends with the last of them", async () => {
  await within("gone-found", async (sql) => {
    const { miss, slice, states } = job(sql, [["a"], ["b"], ["c"]]);
    miss("b");
    expect(await slice(5)).toEqual([0, 1]);
    expect(states()[1]).toBe("failed");
    miss("f");
    expect(await slice(5)).toEqual([0, 1, 2]);
  });
});
