/** Hostile content, second part: indexes with too many children, that repeat, that refer to themselves, and that are nested. */
import { describe, it } from "vitest";
import {
  type Attempt,
  type Descriptor,
  digestNumber,
  expectSafe,
  type HostileRow,
  INDEX,
  MANIFEST,
  putChild,
  putImage,
  putIndex,
} from "./hostile-row.ts";

const INVALID = { code: "manifest-invalid", side: "source" } as const;
const AMD64 = { platform: { os: "linux", architecture: "amd64" } };
const MiB = 1024 * 1024;

/** An index whose children are not there. */
function children(count: number, more: (number: number) => object = () => ({})): NonNullable<HostileRow["given"]> {
  const child = (number: number) => ({ mediaType: MANIFEST, digest: digestNumber(number), size: 1, ...more(number) });
  return (attempt) =>
    putIndex(
      attempt,
      Array.from({ length: count }, (_, number) => child(number)),
      "1.0",
    );
}

/** An index over several children that are there. */
async function family(attempt: Attempt, count: number, padding = ""): Promise<Descriptor[]> {
  const all: Descriptor[] = [];
  for (let number = 0; number < count; number++) {
    all.push(await putChild(attempt, number, padding));
  }
  return all;
}

function repeated(times: number, more: object = {}): NonNullable<HostileRow["given"]> {
  return async (attempt) => {
    const child = { ...(await putChild(attempt)), ...more };
    await putIndex(
      attempt,
      Array.from({ length: times }, () => child),
      "1.0",
    );
  };
}

/** So many indexes in each other, each naming the next one so many times, the last one an image. */
function nested(depth: number, times: number): NonNullable<HostileRow["given"]> {
  return async (attempt) => {
    let within: object = { ...(await putChild(attempt)), ...AMD64 };
    for (let level = depth; level > 0; level--) {
      const entry = within;
      within = await putIndex(
        attempt,
        Array.from({ length: times }, () => entry),
        level === 1 ? "1.0" : undefined,
      );
    }
  };
}

/** An index that the source gives under the digest by which it names itself, which can't be its own. */
async function selfish(attempt: Attempt): Promise<void> {
  const self = { mediaType: INDEX, digest: digestNumber(7), size: 100 };
  await putIndex(attempt, [self], "1.0");
  const action = { status: 200, body: { schemaVersion: 2, mediaType: INDEX, manifests: [self] }, headers: { "content-type": INDEX } };
  await attempt.from.fail({ method: "GET", path: `/manifests/${self.digest}`, times: "always", action });
}

describe.concurrent("an index", () => {
  it.each<HostileRow>([
    { what: "of 100,000 children", given: children(100_000), error: { ...INVALID, detail: /larger than/ }, asked: 2 },
    { what: "of 10,001 children", given: children(10_001), error: { ...INVALID, detail: /\/manifests has more than 10000/ }, asked: 2 },
    { what: "of 4,097 children", given: children(4_097), error: { ...INVALID, detail: /more than 4096 manifests/ }, asked: 2 },
    {
      what: "of 100 children, the first of which is not there: the others are not read",
      given: async (attempt) =>
        putIndex(attempt, [{ mediaType: MANIFEST, digest: digestNumber(1), size: 1 }, ...(await family(attempt, 100))], "1.0"),
      error: { code: "not-found", side: "source" },
    },
    {
      what: "of children with 35 MiB together",
      given: async (attempt) => putIndex(attempt, await family(attempt, 5, "x".repeat(7 * MiB)), "1.0"),
      error: { ...INVALID, detail: /more than 33554432 bytes of manifests/ },
      read: 64 * MiB,
    },
    { what: "that names one child 1,000 times: it is copied once", given: repeated(1_000), asked: 5 },
    { what: "that lists itself, dishonestly", given: selfish, error: { code: "digest-mismatch", side: "source" } },
    { what: "nested as deeply as is read", given: nested(8, 1) },
    { what: "nested more deeply", given: nested(9, 1), error: { ...INVALID, detail: /nested deeper than 8/ } },
    { what: "with 10^24 ways to its one image", given: nested(8, 1_000), asked: 15 },
    {
      what: "whose child is not of the size that it says: it is copied as it is",
      given: async (attempt) => putIndex(attempt, [{ ...(await putChild(attempt)), size: 10 ** 12 }], "1.0"),
    },
    {
      what: "with a platform of 3 MB",
      given: repeated(1, { platform: { os: "o".repeat(3_000_000), architecture: "amd64" } }),
    },
  ])("$what", expectSafe);
});

describe.concurrent("platforms of an index", () => {
  const ARM = { code: "not-found", side: "source", detail: /is not there for linux\/arm64/ } as const;
  it.each<HostileRow & { index?: string; wanted?: string }>([
    { what: "with 10^24 ways to its one image: sparse", given: nested(8, 1_000), asked: 15 },
    { what: "with 10^24 ways to its one image: single", given: nested(8, 1_000), index: "single", asked: 15 },
    { what: "with 10^24 ways to its one image: rewrite", given: nested(8, 1_000), index: "rewrite", asked: 15 },
    { what: "with 10^24 ways to an image that is another", given: nested(8, 1_000), wanted: "linux/arm64", error: ARM, asked: 15 },
    { what: "that names one child 1,000 times, without its platform: it is asked once", given: repeated(1_000), asked: 7 },
    {
      what: "of 10,000 children that are not there and don't name theirs: a few are asked for",
      given: children(10_000),
      error: { code: "not-found", side: "source" },
    },
    {
      what: "of children without theirs, with 42 MiB together",
      given: async (attempt) => putIndex(attempt, await family(attempt, 6, "x".repeat(7 * MiB)), "1.0"),
      error: { code: "unsupported", side: "source", detail: /more than 41943040 bytes of manifests/ },
      read: 64 * MiB,
    },
    {
      what: "of 2,000 systems with long names, none of which is wanted",
      given: children(2_000, (number) => ({ platform: { os: `${"o".repeat(1_500)}${number}`, architecture: "amd64" } })),
      wanted: "linux/arm64",
      error: ARM,
    },
    {
      what: "that is nested too deeply to be written anew",
      given: async (attempt) => {
        const child = await putChild(attempt);
        const other = { ...child, digest: digestNumber(1), platform: { os: "linux", architecture: "s390x" } };
        await putIndex(attempt, [{ ...child, ...AMD64 }, other], "1.0", `,"deep":${"[".repeat(1_000)}${"]".repeat(1_000)}`);
      },
      index: "rewrite",
      error: { ...INVALID, detail: /more than 64 levels/ },
    },
  ])("$what", ({ index = "sparse", wanted = "linux/amd64", ...row }) => expectSafe({ ...row, options: { platforms: [wanted], index } }));
});

describe.concurrent("referrers", () => {
  const LISTS = { path: "/referrers/" };
  it.each<HostileRow>([
    {
      what: "whose list leads in a circle",
      given: async (attempt) => {
        const { digest } = await putImage(attempt);
        const link = `</v2/${attempt.name}/referrers/${digest}?page=2>; rel="next"`;
        await attempt.from.fail({ ...LISTS, times: "always", action: { headers: { link } } });
      },
      error: { code: "unsupported", side: "source", detail: /without an end/ },
    },
    {
      what: "whose list has no end in itself",
      given: async (attempt) => {
        await putImage(attempt);
        const action = { status: 200, body: '{"manifests":[', bodyTimes: 1e10, noLength: true, headers: { "content-type": INDEX } };
        await attempt.from.fail({ ...LISTS, times: "always", action });
      },
      error: { code: "manifest-invalid", side: "source" },
    },
  ])("$what", (row) => expectSafe({ ...row, options: { referrers: true } }));
});
