/** What it costs to find out that nothing has changed: requests of a second copy with `referrers`, beyond those of the same copy without. */
import { env } from "cloudflare:workers";
import { describe, expect, it, test } from "vitest";
import { referrersSupport } from "../../src/jobs/hosts/connections.ts";
import { attach, digestTag, entryOf, hasManifest, putFallbackIndex, topOf } from "../support/attached.ts";
import { copy, freshName, registry, requestKinds, twoRegistries } from "../support/copy-service.ts";
import type { ImageSummary } from "../support/images/deliver.ts";
import type { ImageOptions } from "../support/images/image.ts";
import type { RegistryOptions } from "../support/registry/fake-registry.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";

type Manifest = ReturnType<typeof topOf>;

interface Place {
  at: RemoteRegistry;
  name: string;
  hasApi: boolean;
}

/** Attaches something to each of these manifests. */
type Attach = (place: Place, subjects: readonly Manifest[]) => Promise<unknown>;

const API: RegistryOptions = {};
const NO_API: RegistryOptions = { quirks: { referrers: 404 } };
const referrers = true;

/** Listed under its subject: by the registry, or by who attaches it. */
async function attachOne({ at, name, hasApi }: Place, subject: Manifest, seeds: readonly string[]): Promise<ImageSummary[]> {
  const attached = await Promise.all(seeds.map((seed) => attach(at, name, subject, `${seed} of ${subject.digest}`)));
  if (!hasApi) {
    const entries = attached.map((each) => entryOf(each));
    await putFallbackIndex(at, name, subject.digest, entries);
  }
  return attached;
}

const bySubject =
  (...seeds: string[]): Attach =>
  (place, subjects) =>
    Promise.all(subjects.map((subject) => attachOne(place, subject, seeds)));

/** An SBOM, its signature, and a signature of that. */
const chain: Attach = async (place, [top]) => {
  let subject = top as Manifest;
  for (const seed of ["sbom", "signature", "countersignature"]) {
    const [attached] = await attachOne(place, subject, [seed]);
    subject = topOf(attached as ImageSummary);
  }
};

const byTags =
  (...suffixes: string[]): Attach =>
  ({ at, name }, subjects) =>
    Promise.all(
      subjects.flatMap(({ digest }) =>
        suffixes.map((suffix) => at.putArtifact(name, digestTag(digest, suffix), { seed: `${suffix} of ${digest}` })),
      ),
    );

/** The tag of an SBOM, and the one of its signature. */
const tagOfTag: Attach = async ({ at, name }, [top]) => {
  const sbom = await at.putArtifact(name, digestTag((top as Manifest).digest, ".sbom"), { seed: "sbom" });
  await at.putArtifact(name, digestTag(sbom.digest, ".sig"), { seed: "signature of the sbom" });
};

const both: Attach = (place, subjects) => Promise.all([bySubject("sbom")(place, subjects), byTags(".sig")(place, subjects)]);

const IMAGES = {
  "one manifest": { seed: "one", platforms: ["linux/amd64"], index: "none" },
  "an index over one": { seed: "index of one", platforms: ["linux/amd64"] },
  "an index over four": { seed: "index of four", platforms: ["linux/amd64", "linux/arm64/v8", "linux/s390x", "linux/ppc64le"] },
} satisfies Record<string, ImageOptions>;

const SIDES = {
  "API to API": [API, API],
  "API to none": [API, NO_API],
  "none to API": [NO_API, API],
  "none to none": [NO_API, NO_API],
  "one host with API": [API],
  "one host without": [NO_API],
} satisfies Record<string, [from: RegistryOptions, to?: RegistryOptions]>;

interface Row {
  attached: string;
  put: Attach;
  image: keyof typeof IMAGES;
  /** Whether it is attached to every manifest of the image, or to the top one only. */
  to: "top" | "each";
  /** Manifests of the image and of what is attached to it. */
  manifests: number;
  /** Requests to a source with the API, and to one without. The destination's API makes no difference: one list for each subject. */
  requests: { API: number; none: number };
}

const row = (attached: string, put: Attach, image: Row["image"], to: Row["to"], manifests: number, api: number, none: number): Row => ({
  attached,
  put,
  image,
  to,
  manifests,
  requests: { API: api, none },
});

const nothing: Attach = async () => undefined;
const sbom = bySubject("sbom");
const three = bySubject("sbom", "signature", "provenance");
const sig = byTags(".sig");
const everyTag = byTags(".sig", ".att", ".sbom");

const ROWS: readonly Row[] = [
  row("nothing", nothing, "one manifest", "top", 1, 2, 1),
  row("one referrer", sbom, "one manifest", "top", 2, 4, 3),
  row("three referrers", three, "one manifest", "top", 4, 6, 3),
  row("a chain of three", chain, "one manifest", "top", 4, 8, 7),
  row(".sig", sig, "one manifest", "top", 2, 4, 3),
  row(".sig, .att and .sbom", everyTag, "one manifest", "top", 4, 8, 7),
  row(".sbom and its .sig", tagOfTag, "one manifest", "top", 3, 6, 5),
  row("a referrer and .sig", both, "one manifest", "top", 3, 6, 5),
  row("nothing", nothing, "an index over one", "top", 2, 4, 2),
  row("one referrer", sbom, "an index over one", "top", 3, 6, 4),
  row(".sig", sig, "an index over one", "top", 3, 6, 4),
  row("one referrer", sbom, "an index over one", "each", 4, 8, 6),
  row(".sig", sig, "an index over one", "each", 4, 8, 6),
  row("nothing", nothing, "an index over four", "top", 5, 7, 2),
  row("one referrer", sbom, "an index over four", "top", 6, 9, 4),
  row(".sig", sig, "an index over four", "top", 6, 9, 4),
  row("three referrers", three, "an index over four", "each", 20, 27, 12),
  row(".sig", sig, "an index over four", "each", 10, 17, 12),
  row(".sig, .att and .sbom", everyTag, "an index over four", "each", 20, 37, 32),
  row("a referrer and .sig", both, "an index over four", "each", 15, 27, 22),
];

/** At any side, what is the hardest for it. */
const HARDEST = ROWS.filter(({ attached }) => ["a chain of three", ".sig, .att and .sbom", "a referrer and .sig"].includes(attached));

describe.each(Object.keys(SIDES) as (keyof typeof SIDES)[])(
  "%s, an unchanged image costs at most two requests more for each manifest:",
  (sides) => {
    const rows = sides === "API to API" || sides === "none to none" ? ROWS : HARDEST;
    it.each(rows)("$image, $attached attached to $to ($manifests manifests)", async ({ put, image: kind, to, manifests, requests }) => {
      const [fromOptions, toOptions]: readonly (RegistryOptions | undefined)[] = SIDES[sides];
      const source = await registry(fromOptions);
      const hosts = toOptions === undefined ? [source] : [source, await registry(toOptions)];
      const name = freshName();
      const image = await source.putImage(name, "1.0", IMAGES[kind]);
      await put({ at: source, name, hasApi: fromOptions === API }, to === "top" ? [topOf(image)] : image.manifests);
      const [from, destination] = [`${source.host}/${name}:1.0`, `${(hosts.at(-1) as RemoteRegistry).host}/mirror/${name}:1.0`];
      const first = await copy(from, destination, { referrers });
      expect(first.progress).toMatchObject({ manifests: { total: manifests }, referrers: { total: manifests - image.manifests.length } });

      const sent = async (options: Record<string, unknown>) => {
        await Promise.all(hosts.map((host) => host.clearRequests()));
        const job = await copy(from, destination, options);
        expect(job.images[0]?.destinations).toMatchObject([{ status: "unchanged", digest: image.digest }]);
        return (await Promise.all(hosts.map((host) => host.requests()))).flat().length;
      };
      const without = await sent({});
      const more = (await sent({ referrers })) - without;
      expect(more).toBe(fromOptions === API ? requests.API : requests.none);
      expect(more).toBeLessThanOrEqual(2 * manifests);

      // Another isolate, that has not asked these registries yet, hears of their API from others.
      for (const { host } of hosts) {
        referrersSupport.learn(host, false, 0);
      }
      expect((await sent({ referrers })) - without).toBe(more);
    });
  },
);

test("that a registry has no API takes one question, however many manifests there are, once for all", async () => {
  const [from, to] = await twoRegistries(NO_API, NO_API);
  const name = freshName();
  const image = await from.putImage(name, "1.0", IMAGES["an index over four"]);
  await sbom({ at: from, name, hasApi: false }, image.manifests);
  await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { referrers });
  const asked = async () => [(await from.requests({ path: "/referrers/" })).length, (await to.requests({ path: "/referrers/" })).length];
  for (const { host } of [from, to]) {
    referrersSupport.learn(host, false, 0);
    await env.REGISTRY_HOSTS.getByName(host).learnReferrers({ supported: true, until: 0 });
  }
  await Promise.all([from.clearRequests(), to.clearRequests()]);
  await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { referrers });
  expect(await asked()).toEqual([1, 1]);
});

describe("what the quick look at cosign's tags passes over is found", () => {
  /** A signature under cosign's tag at both sides; something is attached to it at the source, by its subject. */
  async function signedSignature() {
    const [from, to] = await twoRegistries();
    const name = freshName();
    const image = await from.putImage(name, "1.0", IMAGES["one manifest"]);
    const signature = await from.putArtifact(name, digestTag(image.digest, ".sig"), { seed: "signature" });
    const copyWith = (more: Record<string, unknown> = {}) =>
      copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { referrers, ...more });
    return { from, to, name, image, signature, copyWith, timestamp: () => attach(from, name, topOf(signature), "timestamp") };
  }

  test("with the signature itself", async () => {
    const { to, name, copyWith, timestamp } = await signedSignature();
    const { digest } = await timestamp();
    expect((await copyWith()).progress.referrers).toEqual({ total: 2, done: 2 });
    expect(await hasManifest(to, name, digest)).toBe(true);
  });

  test("with whatever else is new", async () => {
    const { from, to, name, image, copyWith, timestamp } = await signedSignature();
    await copyWith();
    const { digest } = await timestamp();
    const other = await attach(from, name, topOf(image), "sbom");
    expect((await copyWith()).progress.referrers).toEqual({ total: 3, done: 3 });
    expect([await hasManifest(to, name, digest), await hasManifest(to, name, other.digest)]).toEqual([true, true]);
  });

  test("by a deep check", async () => {
    const { to, name, copyWith, timestamp } = await signedSignature();
    await copyWith();
    const { digest } = await timestamp();
    expect((await copyWith()).images[0]?.destinations[0]?.status).toBe("unchanged");
    expect(await hasManifest(to, name, digest)).toBe(false);
    expect((await copyWith({ check: "deep" })).images[0]?.destinations[0]?.status).toBe("copied");
    expect(await hasManifest(to, name, digest)).toBe(true);
  });
});

test("a signature that is replaced, at either side, is noticed with the same requests", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  const image = await from.putImage(name, "1.0", IMAGES["one manifest"]);
  const tag = digestTag(image.digest, ".sig");
  const first = await from.putArtifact(name, tag, { seed: "first" });
  const again = () => copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`, { referrers });
  await again();
  const second = await from.putArtifact(name, tag, { seed: "second" });
  await again();
  expect((await to.tags(name))[tag]).toBe(second.digest);
  await to.putArtifact(name, tag, { seed: "first" });
  expect((await to.tags(name))[tag]).toBe(first.digest);
  await Promise.all([from.clearRequests(), to.clearRequests()]);
  await again();
  expect((await to.tags(name))[tag]).toBe(second.digest);
  // Both looks together ask nothing twice.
  expect(await requestKinds(from)).toMatchObject({ "HEAD tag": 2, [`GET /v2/${name}/tags/list`]: 1 });
  expect((await to.requests({ method: "HEAD", path: tag })).length).toBe(1);
  expect(await from.requests({ path: "/referrers/" })).toHaveLength(2);
});
