/** Holding a tag while it is written, over an object that answers when the test says so. */
import { expect, test, vi } from "vitest";
import type { DestinationLink } from "../../../../src/jobs/destinations/destination-link.ts";
import { whileTagHeld, writeTag } from "../../../../src/jobs/destinations/write-tag.ts";
import type { SliceContext } from "../../../../src/jobs/images/slice-context.ts";
import { digestOf } from "../../../../src/oci/digest.ts";
import { bytesOf, stillEffects } from "../../registry/scripted-transport.ts";

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
