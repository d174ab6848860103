/** Signatures and SBOMs from and to a registry with the referrers API that is none of ours, compared with what regctl and oras make of the same request. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DockerRegistry, dockerRegistryBinary, startDockerRegistry } from "../support/docker-registry.ts";
import { findGoPrograms } from "../support/go-programs.ts";
import { send } from "../support/http.ts";
import { pushImage } from "../support/images/deliver.ts";
import { generateArtifact, generateImage, type Image } from "../support/images/image.ts";
import { endAll, openService } from "../support/open-service.ts";
import { ReferrerPeers } from "../support/referrer-peers.ts";
import { type ReferrersRegistry, startReferrersRegistry } from "../support/referrers-registry.ts";
import { sha256 } from "../support/registry/digest.ts";
import type { FakeRegistry } from "../support/registry/fake-registry.ts";
import { startRegistry } from "../support/registry/server.ts";
import { repositoryState } from "../support/repository-state.ts";
import type { ServiceClient } from "../support/service-client.ts";
import { pushSigned, type SignedImage, signedImage, storeSigned, tagOf } from "../support/signed-image.ts";

const more = { referrers: true };

const ended: (() => Promise<unknown>)[] = [];
/** Two with the API, and one of ours with it; one without. */
let first: ReferrersRegistry | undefined;
let second: ReferrersRegistry;
let ours: FakeRegistry;
let old: DockerRegistry | undefined;
let peers: ReferrerPeers;
let service: ServiceClient;

beforeAll(async () => {
  const programs = await findGoPrograms();
  const program = programs["referrers-registry"];
  if (program === undefined) {
    return;
  }
  const home = await mkdtemp(join(tmpdir(), "referrers-api-"));
  ended.push(() => rm(home, { recursive: true, force: true }));
  peers = new ReferrerPeers(programs, home);
  const start = async () => {
    const registry = await startReferrersRegistry(program);
    ended.push(() => registry.stop());
    return registry;
  };
  [first, second] = [await start(), await start()];
  ours = await startRegistry();
  ended.push(() => ours.close());
  if (dockerRegistryBinary() !== undefined) {
    const started = await startDockerRegistry();
    old = started;
    ended.push(() => started.stop());
  }
  service = await openService([first, second, ours, ...(old === undefined ? [] : [old])], ended);
});

afterAll(() => endAll(ended));

beforeEach(({ skip }) => {
  if (first === undefined) {
    skip("there is no registry of others with the referrers API: Go builds it, where that is there");
  }
});

/** The first registry, of which `beforeEach` has made sure. */
const api = () => first as ReferrersRegistry;

interface Entry {
  mediaType: string;
  digest: string;
  size: number;
  artifactType: string;
}

async function listed(url: string, repository: string, subject: string): Promise<Entry[]> {
  const { status, body } = await send("GET", `${url}/v2/${repository}/referrers/${subject}`);
  expect(status).toBe(200);
  const { manifests } = JSON.parse(body.toString()) as { manifests: Entry[] };
  return manifests.sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** What a registry with the API has of a signed image: the list of each subject, its tags, and all manifests that these lead to. */
async function stateOf(url: string, repository: string, { attached }: SignedImage) {
  const lists = await Promise.all([...new Set(attached.map(([subject]) => subject))].map((subject) => listed(url, repository, subject)));
  for (const { digest, mediaType } of lists.flat()) {
    expect((await send("GET", `${url}/v2/${repository}/manifests/${digest}`, { headers: { accept: mediaType } })).status).toBe(200);
  }
  const { tags, manifests } = await repositoryState(url, repository);
  return { lists, tags, manifests: [...new Set([...manifests, ...lists.flat().map(({ digest }) => digest)])].sort() };
}

/** Everything arrived: each list is complete, the tags are the image's and cosign's, and there is no list that somebody else would have to keep. */
function expectWhole({ lists, tags }: Awaited<ReturnType<typeof stateOf>>, { image, attached, cosign }: SignedImage): void {
  const bySubject = [...Map.groupBy(attached, ([subject]) => subject).values()];
  expect(lists.map((list) => list.map(({ digest }) => digest))).toEqual(
    bySubject.map((each) => each.map(([, { root }]) => root.digest).sort()),
  );
  const signatures = cosign.map(([tag, { root }]) => [tag, root.digest]);
  expect(tags).toEqual({ "1": image.root.digest, ...Object.fromEntries(signatures) });
}

/**
 * A peer's copy has the same lists, the same manifests and the same tags. It may have fallback tags besides: this registry does not confirm what it lists
 * (`OCI-Subject`), which to regctl and oras is reason enough to write them, while transship asks the registry.
 */
function expectSame(arrived: Awaited<ReturnType<typeof stateOf>>, theirs: Awaited<ReturnType<typeof stateOf>>): void {
  expect({ lists: theirs.lists, manifests: theirs.manifests }).toEqual({ lists: arrived.lists, manifests: arrived.manifests });
  expect(theirs.tags).toMatchObject(arrived.tags);
}

const WHOLE = { status: "succeeded", progress: { referrers: { total: 7, done: 7 } } };

describe("between two of them", () => {
  test("everything arrives, as regctl and oras bring it; the second time nothing is written", async ({ skip }) => {
    const signed = await signedImage("api to api");
    await pushSigned(api().url, "library/both", signed, { lists: false });
    const [from, to] = [`${api().host}/library/both:1`, `${second.host}/ours/both:1`];

    expect(await service.copy(from, to, { more })).toMatchObject({ ...WHOLE, digest: signed.image.root.digest, digestPreserved: true });

    const arrived = await stateOf(second.url, "ours/both", signed);
    expectWhole(arrived, signed);
    expect(arrived).toEqual(await stateOf(api().url, "library/both", signed));
    await Promise.all([api().newRequests(), second.newRequests()]);
    const again = await service.copy(from, to, { more });
    expect(again).toMatchObject({ ...WHOLE, images: [{ destinations: [{ status: "unchanged" }] }] });
    const asked = [...(await api().newRequests()), ...(await second.newRequests())];
    expect(asked.filter((request) => !/^(GET|HEAD) /.test(request))).toEqual([]);
    // A HEAD of the tag at each side; of the index, its platforms and what is attached to them, at most two for each manifest.
    const manifests = signed.image.manifests.length + signed.attached.length + signed.cosign.length;
    expect(asked.length - 2).toBeLessThanOrEqual(2 * manifests);
    expect(asked.filter((request) => request.includes("/referrers/"))).toHaveLength(signed.image.manifests.length + 4 + 3);
    if (!peers.has("regctl") || !peers.has("oras")) {
      skip("there is no regctl or no oras to compare with");
    }
    await peers.regctlCopy(from, `${second.host}/regctl/both:1`);
    expectSame(arrived, await stateOf(second.url, "regctl/both", signed));
    await peers.orasCopy(from, `${second.host}/oras/both:1`);
    // oras leaves cosign's tags behind.
    const { lists, tags } = await stateOf(second.url, "oras/both", signed);
    expect(lists).toEqual(arrived.lists);
    expect([tags["1"], Object.keys(tags).filter((tag) => tag.includes("."))]).toEqual([signed.image.root.digest, []]);
    expect(await peers.orasDiscover(to)).toEqual(await peers.orasDiscover(from));
  });

  test("what is attached later is brought alone, of whatever type, and read by its type as before", async ({ skip }) => {
    if (!peers.has("oras")) {
      skip("there is no oras to attach something with");
    }
    const image = await generateImage({ seed: "attached later" });
    await pushImage(api().url, "library/later", "1", image);
    const [from, to] = [`${api().host}/library/later:1`, `${second.host}/ours/later:1`];
    expect((await service.copy(from, to, { more })).progress.referrers).toEqual({ total: 0, done: 0 });
    const types = ["application/vnd.example.sbom", "application/vnd.example.signature", "application/vnd.example.scan"];
    for (const [index, type] of types.entries()) {
      await peers.orasAttach(from, type);
      const job = await service.copy(from, to, { more });
      expect(job.images[0]?.destinations).toMatchObject([{ status: "copied", digest: image.root.digest }]);
      expect(job.progress.referrers).toEqual({ total: index + 1, done: index + 1 });
      expect(job.progress.manifests).toEqual({ total: 2, done: 2 });
    }
    expect(await listed(second.url, "ours/later", image.root.digest)).toEqual(await listed(api().url, "library/later", image.root.digest));
    for (const type of types) {
      expect(await peers.orasDiscover(to, type)).toEqual(await peers.orasDiscover(from, type));
    }
  });

  test("a chain of attachments arrives whole", async () => {
    const image = await generateImage({ seed: "chain", platforms: ["linux/amd64"], index: "none" });
    await pushImage(api().url, "library/chain", "1", image);
    const chain: string[] = [];
    let subject = image.root;
    for (let depth = 1; depth <= 8; depth++) {
      const { mediaType, digest, bytes } = subject;
      const artifact = await generateArtifact({ seed: `link ${depth}`, subject: { mediaType, digest, size: bytes.length } });
      await pushImage(api().url, "library/chain", undefined, artifact);
      subject = artifact.root;
      chain.push(subject.digest);
    }
    const job = await service.copy(`${api().host}/library/chain:1`, `${second.host}/ours/chain:1`, { more });
    expect(job).toMatchObject({ status: "succeeded", progress: { referrers: { total: 8, done: 8 } } });
    const lists = [image.root.digest, ...chain].map((digest) => listed(second.url, "ours/chain", digest));
    expect((await Promise.all(lists)).flat().map(({ digest }) => digest)).toEqual(chain);
  });

  test("an index that is attached arrives with its children, and with what is attached to these", async () => {
    const image = await generateImage({ seed: "with an index", platforms: ["linux/amd64"], index: "none" });
    const descriptorOf = ({ mediaType, digest, bytes }: Image["root"]) => ({ mediaType, digest, size: bytes.length });
    const child = await generateArtifact({ seed: "child of an index" });
    const signature = await generateArtifact({ seed: "signature of a child", subject: descriptorOf(child.root) });
    const mediaType = "application/vnd.oci.image.index.v1+json";
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType, manifests: [descriptorOf(child.root)], subject: descriptorOf(image.root) }),
    );
    const index = sha256(bytes);
    await pushImage(api().url, "library/index", "1", image);
    for (const artifact of [child, signature]) {
      await pushImage(api().url, "library/index", undefined, artifact);
    }
    const url = `${api().url}/v2/library/index/manifests/${index}`;
    expect((await send("PUT", url, { headers: { "content-type": mediaType }, body: bytes })).status).toBe(201);

    const job = await service.copy(`${api().host}/library/index:1`, `${second.host}/ours/index:1`, { more });

    expect(job).toMatchObject({ status: "succeeded", progress: { referrers: { total: 2, done: 2 }, manifests: { total: 4, done: 4 } } });
    expect(await listed(second.url, "ours/index", image.root.digest)).toMatchObject([{ digest: index }]);
    expect(await listed(second.url, "ours/index", child.root.digest)).toMatchObject([{ digest: signature.root.digest }]);
  });
});

describe("with another registry at the other side", () => {
  test("from one without the API: its lists are not copied, and regctl's copy has the same referrers", async ({ skip }) => {
    if (old === undefined) {
      skip("docker-registry is not on the PATH");
      return;
    }
    const signed = await signedImage("old to api");
    await pushSigned(old.url, "library/up", signed, { lists: true });
    const from = `${old.host}/library/up:1`;
    expect(await service.copy(from, `${second.host}/ours/up:1`, { more })).toMatchObject(WHOLE);
    const arrived = await stateOf(second.url, "ours/up", signed);
    expectWhole(arrived, signed);
    if (!peers.has("regctl")) {
      skip("there is no regctl to compare with");
    }
    await peers.regctlCopy(from, `${second.host}/regctl/up:1`);
    expectSame(arrived, await stateOf(second.url, "regctl/up", signed));
  });

  test("to one without it: the lists that it needs are made, as regctl makes them", async ({ skip }) => {
    if (old === undefined) {
      skip("docker-registry is not on the PATH");
      return;
    }
    const signed = await signedImage("api to old");
    await pushSigned(api().url, "library/down", signed, { lists: false });
    const from = `${api().host}/library/down:1`;
    expect(await service.copy(from, `${old.host}/ours/down:1`, { more })).toMatchObject(WHOLE);
    const arrived = await repositoryState(old.url, "ours/down");
    const subjects = new Set(signed.attached.map(([subject]) => tagOf(subject)));
    expect(Object.keys(arrived.tags).sort()).toEqual(["1", ...subjects, ...signed.cosign.map(([tag]) => tag)].sort());
    if (!peers.has("regctl")) {
      skip("there is no regctl to compare with");
    }
    await peers.regctlCopy(from, `${old.host}/regctl/down:1`);
    expect(arrived).toEqual(await repositoryState(old.url, "regctl/down"));
  });

  test("from and to ours with the API: both know the same way", async () => {
    const signed = await signedImage("api and ours");
    storeSigned(ours, "library/there", signed);
    expect(await service.copy(`${ours.host}/library/there:1`, `${second.host}/ours/there:1`, { more })).toMatchObject(WHOLE);
    expectWhole(await stateOf(second.url, "ours/there", signed), signed);
    expect(await service.copy(`${second.host}/ours/there:1`, `${ours.host}/back/again:1`, { more })).toMatchObject(WHOLE);
    expectWhole(await stateOf(ours.url, "back/again", signed), signed);
  });
});
