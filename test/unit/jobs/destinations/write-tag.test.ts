/** Holding a tag while it is written, over an object that answers when the test says so. */
import { describe, expect, it, test, vi } from "vitest";
import type { DestinationLink } from "../../../../src/jobs/destinations/destination-link.ts";
import type { TagVerdict } from "../../../../src/jobs/destinations/tag-rows.ts";
import { whileTagHeld, writeTag } from "../../../../src/jobs/destinations/write-tag.ts";
import type { SliceContext } from "../../../../src/jobs/images/slice-context.ts";
import { type Digest, digestOf } from "../../../../src/oci/digest.ts";
import { CopyError, type Failure } from "../../../../src/oci/errors.ts";
import { brokenConnection, bytesOf, stillEffects } from "../../registry/scripted-transport.ts";

const digest = digestOf(bytesOf("manifest"));
const WRITE = { holder: "job", tag: "1.0", digest, resolvedAt: 0, checkedAt: 0 };

/** An object whose second answer is a late one: what it was told, in the order in which that arrived. */
function held() {
  const arrived: string[] = [];
  const [pause, renews, late] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let asked = 0;
  const link = {
    beginTag: async () => {
      if (++asked > 1) {
        renews.resolve();
        await late.promise;
      }
      arrived.push("begin");
      return "go";
    },
    endTag: async () => void arrived.push("end"),
  } as unknown as DestinationLink;
  const effects = { ...stillEffects(), sleep: vi.fn(stillEffects().sleep).mockReturnValueOnce(pause.promise) };
  const slice = { effects, cancelled: new AbortController().signal } as unknown as SliceContext;
  /** Ends once a renewal is under way; that arrives behind everything that does not wait for it. */
  const work = async () => {
    pause.resolve();
    await renews.promise;
    setImmediate(late.resolve);
    return digest;
  };
  return { arrived, link, slice, work };
}

test("a tag that was written is let go of after its last renewal", async () => {
  const { arrived, link, slice, work } = held();
  const access = { put: async () => void (await work()), look: async () => undefined, keeps: false };
  expect(await writeTag(WRITE, link, slice, access)).toEqual({ status: "copied", digest });
  await new Promise(setImmediate);
  expect(arrived).toEqual(["begin", "begin", "end"]);
});

test("so is one that was added to", async () => {
  const { arrived, link, slice, work } = held();
  expect(await whileTagHeld(WRITE, link, slice, work)).toBe(digest);
  await new Promise(setImmediate);
  expect(arrived).toEqual(["begin", "begin", "end"]);
});

/** Writes a tag that its object lets be written at once, with that verdict; tells in their order what was done. */
async function written(at: { verdict?: TagVerdict; found?: Digest; keeps?: boolean; put?: () => Promise<void> }) {
  const done: string[] = [];
  const link = {
    beginTag: async () => at.verdict ?? "go",
    endTag: async (_: unknown, outcome: string) => void done.push(`end: ${outcome}`),
  } as unknown as DestinationLink;
  const slice = { effects: stillEffects(), cancelled: new AbortController().signal } as unknown as SliceContext;
  const put = async () => {
    done.push("put");
    await at.put?.();
  };
  const look = async () => {
    done.push("look");
    return at.found;
  };
  const result = await writeTag(WRITE, link, slice, { put, look, keeps: at.keeps ?? false }).catch((error: unknown) => error);
  return { done, result };
}

const OTHER = digestOf(bytesOf("another manifest"));

describe("a tag is looked at before it is written", () => {
  it.each<[string, Parameters<typeof written>[0], done: string[], status: string, stands: Digest]>([
    ["never where no write of the job may have arrived", { found: digest }, ["put", "end: written"], "copied", digest],
    ["where one may have: it has", { verdict: "look", found: digest }, ["look", "end: written"], "copied", digest],
    ["where one may have: the tag is not there", { verdict: "look" }, ["look", "put", "end: written"], "copied", digest],
    [
      "where one may have: it stands for something else",
      { verdict: "look", found: OTHER },
      ["look", "put", "end: written"],
      "copied",
      digest,
    ],
    ["where it is kept: it is not there", { keeps: true }, ["look", "put", "end: written"], "copied", digest],
    ["where it is kept: it is the same", { keeps: true, found: digest }, ["look", "end: written"], "unchanged", digest],
    ["where it is kept: it is another", { keeps: true, found: OTHER }, ["look", "end: not-written"], "skipped", OTHER],
  ])("%s", async (_, at, done, status, stands) => {
    expect(await written(at)).toEqual({ done, result: { status, digest: stands } });
  });
});

describe("of a write that fails", () => {
  const answered = (status: number) =>
    new CopyError({ code: "registry-unavailable", message: `answered ${status}`, retry: "later", upstream: { status } } satisfies Failure);

  it.each<[string, unknown, string]>([
    ["refused with 400, it is known that it was not done", answered(400), "not-written"],
    ["refused with 499, it is known that it was not done", answered(499), "not-written"],
    ["answered 500, nobody knows whether it was done", answered(500), "unknown"],
    ["answered 504, nobody knows whether it was done", answered(504), "unknown"],
    ["answered 302, nobody knows whether it was done", answered(302), "unknown"],
    ["not answered, nobody knows whether it was done", brokenConnection(), "unknown"],
    [
      "broken off by a cancel, nobody knows whether it was done",
      new CopyError({ code: "cancelled", message: "", retry: "never" }),
      "unknown",
    ],
    ["broken by a fault of our own, nobody knows whether it was done", new TypeError("x is not a function"), "unknown"],
  ])("%s", async (_, error, outcome) => {
    expect(await written({ put: () => Promise.reject(error) })).toEqual({ done: ["put", `end: ${outcome}`], result: error });
  });
});

describe("of an addition that fails", () => {
  it.each<[string, Failure["retry"], string]>([
    ["for good, it is known that it was not done", "never", "not-written"],
    ["for now, nobody knows whether it was done", "later", "unknown"],
  ])("%s", async (_, retry, outcome) => {
    const done: unknown[] = [];
    const link = {
      beginTag: async () => "go",
      endTag: async (_write: unknown, how: string) => void done.push(how),
    } as unknown as DestinationLink;
    const slice = { effects: stillEffects(), cancelled: new AbortController().signal } as unknown as SliceContext;
    const error = new CopyError({ code: "registry-unavailable", message: "no", retry });
    await expect(whileTagHeld(WRITE, link, slice, () => Promise.reject(error))).rejects.toBe(error);
    expect(done).toEqual([outcome]);
  });
});
