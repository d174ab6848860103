/** An index that lists some of another's entries: which side was written anew, why that changes the digest, and how it would have stayed. */
import { describe, expect, it } from "vitest";
import { compare } from "../../../src/compare/compare.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { ComparedShelf } from "../../support/compared-shelf.ts";
import { INDEX } from "../../support/manifest-shelf.ts";
import { select } from "../copy/platform-shelf.ts";

type Entry = ReturnType<ComparedShelf["platforms"]>[number];

const compared = (shelf: ComparedShelf, left: Descriptor, right: Descriptor) =>
  compare({ left: shelf.side("left", left), right: shelf.side("right", right) }, undefined);

/** What `index: "rewrite"` makes of an index. */
async function rewritten(shelf: ComparedShelf, index: Descriptor, platforms: string[]): Promise<Descriptor> {
  const { root, made } = await select(shelf, index, platforms, "rewrite");
  for (const content of made) {
    shelf.manifests.set(content.descriptor.digest, content);
  }
  return root;
}

const requests = (explanation: string) => [...explanation.matchAll(/POST \/copy (\{.*?\})/g)].map(([, json]) => JSON.parse(json ?? ""));

describe("fewer platforms", () => {
  it("at right: which went, and two copies that keep the digest", async () => {
    const shelf = new ComparedShelf();
    const whole = shelf.index(shelf.platforms("linux/amd64", "linux/arm64", "linux/s390x"));
    const found = await compared(shelf, whole, await rewritten(shelf, whole, ["linux/amd64", "linux/s390x"]));

    expect(found).toMatchObject({ verdict: "shared-layers", same: { digest: false, imageId: true, layers: true } });
    expect(found.explanation).toMatch(/^right is the index at left with fewer platforms\./);
    expect(found.explanation).toContain(
      "The index at right was written anew with fewer platforms: it has linux/amd64, linux/s390x, and no longer linux/arm64.",
    );
    expect(found.explanation).toContain("a shorter list has a new digest");
    expect(found.explanation).toContain('crane index filter, "index": "rewrite" here');
    const copy = { source: "left.example/app:1", destination: "right.example/app:1" };
    expect(requests(found.explanation)).toEqual([copy, { ...copy, platforms: ["linux/amd64", "linux/s390x"], index: "sparse" }]);
  });

  it("at left: the copy goes from right", async () => {
    const shelf = new ComparedShelf();
    const whole = shelf.index(shelf.platforms("linux/amd64", "linux/arm64"));
    const { explanation } = await compared(shelf, await rewritten(shelf, whole, ["linux/arm64"]), whole);
    expect(explanation).toMatch(/^left is the index at right with fewer platforms\./);
    expect(explanation).toContain(
      "The index at left was written anew with fewer platforms: it has linux/arm64, and no longer linux/amd64.",
    );
    const copy = { source: "right.example/app:1", destination: "left.example/app:1" };
    expect(requests(explanation)).toEqual([copy, { ...copy, platforms: ["linux/arm64"], index: "sparse" }]);
  });

  it("of an index within an index", async () => {
    const shelf = new ComparedShelf();
    const whole = shelf.index([[undefined, shelf.index(shelf.platforms("linux/amd64", "linux/arm64"))]]);
    const { explanation } = await compared(shelf, whole, await rewritten(shelf, whole, ["linux/amd64"]));
    expect(explanation).toContain(
      "The index at right was written anew with fewer platforms: it has linux/amd64, and no longer linux/arm64.",
    );
  });

  it("in one place: how, without a request over the index that is there", async () => {
    const shelf = new ComparedShelf();
    const whole = shelf.index(shelf.platforms("linux/amd64", "linux/arm64"));
    const part = await rewritten(shelf, whole, ["linux/amd64"]);
    const readers = {
      left: shelf.side("left", whole, `a.example/x@${whole.digest}`),
      right: shelf.side("right", part, `a.example/x@${part.digest}`),
    };
    const { explanation } = await compare(readers, undefined);
    expect(requests(explanation)).toEqual([]);
    expect(explanation).toContain(
      'To keep the digest, copy the whole index; or copy only these platforms under the index as it is, with "index": "sparse".',
    );
  });

  it("too many to name, or of names that no copy takes, are not put into a request", async () => {
    const shelf = new ComparedShelf();
    const many = shelf.platforms(...Array.from({ length: 14 }, (_, n) => `linux/cpu${n}`));
    const { explanation } = await compared(shelf, shelf.index(many), shelf.index(many.slice(1)));
    expect(requests(explanation)).toEqual([{ source: "left.example/app:1", destination: "right.example/app:1" }]);

    const strange = { ...shelf.image({ layers: ["x"] }), platform: { os: "a b", architecture: "c" } };
    const amd64 = { ...shelf.image({ layers: ["y"] }), platform: { os: "linux", architecture: "amd64" } };
    const [two, one] = [shelf.put(INDEX, { manifests: [strange, amd64] }), shelf.put(INDEX, { manifests: [strange] })];
    expect(requests((await compared(shelf, two, one)).explanation)).toHaveLength(1);
  });
});

it("an index without its attestations has fewer entries, and all its platforms", async () => {
  const shelf = new ComparedShelf();
  const [amd64] = shelf.platforms("linux/amd64") as [Entry];
  const annotations = { "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": amd64[1].digest };
  const about = { ...shelf.image({ platform: "unknown/unknown", layers: ["statement"] }), annotations };
  const { explanation } = await compared(shelf, shelf.index([amd64, ["unknown/unknown", about]]), shelf.index([amd64]));
  expect(explanation).toMatch(/^right is the index at left with fewer entries\./);
  expect(explanation).toContain("Missing at right: attestation of linux/amd64.");
  expect(explanation).toContain("The index at right was written anew with fewer entries.");
  expect(requests(explanation)).toEqual([{ source: "left.example/app:1", destination: "right.example/app:1" }]);
});

it("indexes that each have something of their own are no part of one another", async () => {
  const shelf = new ComparedShelf();
  const [amd64, arm64, s390x] = shelf.platforms("linux/amd64", "linux/arm64", "linux/s390x") as [Entry, Entry, Entry];
  const { explanation } = await compared(shelf, shelf.index([amd64, arm64]), shelf.index([amd64, s390x]));
  expect(explanation).not.toContain("fewer");
});
