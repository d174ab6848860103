/** How the fake registry keeps track of referrers, and the ways in which registries don't. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { send } from "../../support/http.ts";
import { storeImage } from "../../support/images/deliver.ts";
import { generateArtifact, generateImage, type Image } from "../../support/images/image.ts";
import type { FakeRegistry } from "../../support/registry/fake-registry.ts";
import { startRegistry } from "../../support/registry/server.ts";

let registry: FakeRegistry;
let image: Image;
let artifacts: Image[];

beforeEach(async () => {
  registry = await startRegistry();
  image = await generateImage({ seed: "subject", platforms: ["linux/amd64"], index: "none" });
  storeImage(registry, "a/b", "1", image);
  const { digest, mediaType, bytes } = image.root;
  artifacts = await Promise.all(
    ["one", "two", "three"].map((seed) => generateArtifact({ seed, subject: { digest, mediaType, size: bytes.length } })),
  );
  for (const artifact of artifacts) {
    storeImage(registry, "a/b", undefined, artifact);
  }
});

afterEach(() => registry.close());

interface Index {
  manifests: { digest: string }[];
}

async function page(path: string) {
  const { headers, body } = await send("GET", `${registry.url}${path}`);
  return { link: headers.link, digests: (JSON.parse(body.toString()) as Index).manifests.map(({ digest }) => digest) };
}

describe("the referrers API", () => {
  test("lists all at once", async () => {
    const { link, digests } = await page(`/v2/a/b/referrers/${image.root.digest}`);
    expect([link, digests]).toEqual([undefined, artifacts.map(({ root }) => root.digest)]);
  });

  test("in pages lists each once, with its filter kept", async () => {
    await registry.reset({ quirks: { referrersPage: 2 } });
    for (const artifact of artifacts) {
      storeImage(registry, "a/b", undefined, artifact);
    }
    const first = await page(`/v2/a/b/referrers/${image.root.digest}?artifactType=application%2Fvnd.example.thing`);
    const [, next] = /^<([^>]+)>; rel="next"$/.exec(first.link ?? "") ?? [];
    expect(next).toContain("artifactType=application%2Fvnd.example.thing");
    const second = await page(next ?? "");
    expect([...first.digests, ...second.digests]).toEqual(artifacts.map(({ root }) => root.digest));
    expect([first.digests.length, second.link]).toEqual([2, undefined]);
  });
});

test.each([
  { subjectHeader: true, confirms: true },
  { subjectHeader: false, confirms: false },
])("a PUT is confirmed by OCI-Subject: $confirms", async ({ subjectHeader, confirms }) => {
  registry.quirks.subjectHeader = subjectHeader;
  const { digest, mediaType, bytes } = (artifacts[0] as Image).root;
  const { status, headers } = await send("PUT", `${registry.url}/v2/a/b/manifests/${digest}`, {
    headers: { "content-type": mediaType },
    body: bytes,
  });
  expect([status, headers["oci-subject"]]).toEqual([201, confirms ? image.root.digest : undefined]);
});

test.each([
  { digestTags: "tags" as const, status: 404 },
  { digestTags: "digests" as const, status: 200 },
])("a tag that looks like a digest is one of the $digestTags", async ({ digestTags, status }) => {
  registry.quirks.digestTags = digestTags;
  const url = `${registry.url}/v2/a/b/manifests/${image.root.digest.replace(":", "-")}`;
  expect((await send("HEAD", url, { headers: { accept: image.root.mediaType } })).status).toBe(status);
});
