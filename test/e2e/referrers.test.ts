/** Signatures and SBOMs between real registries, compared with what regctl and oras make of the same request. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DockerRegistry, dockerRegistryBinary, startDockerRegistry } from "../support/docker-registry.ts";
import { findGoPrograms } from "../support/go-programs.ts";
import { send } from "../support/http.ts";
import { pushImage } from "../support/images/deliver.ts";
import { generateImage } from "../support/images/image.ts";
import { endAll, openService } from "../support/open-service.ts";
import { ReferrerPeers } from "../support/referrer-peers.ts";
import type { FakeRegistry } from "../support/registry/fake-registry.ts";
import { startRegistry } from "../support/registry/server.ts";
import { type RepositoryState, repositoryState } from "../support/repository-state.ts";
import type { ServiceClient } from "../support/service-client.ts";
import { pushSigned, signedImage, storeSigned, tagOf } from "../support/signed-image.ts";

const ended: (() => Promise<unknown>)[] = [];
/** Two of Debian's distribution 2.8; `third` is distribution 3, where that can be had. Neither has the referrers API. */
let first: DockerRegistry;
let second: DockerRegistry;
let third: DockerRegistry | undefined;
/** Has the referrers API. */
let modern: FakeRegistry;
let service: ServiceClient;
let peers: ReferrerPeers;

beforeAll(async () => {
  if (dockerRegistryBinary() === undefined) {
    process.stderr.write("referrers between real registries are not tested: docker-registry is not on the PATH\n");
    return;
  }
  const programs = await findGoPrograms();
  const home = await mkdtemp(join(tmpdir(), "referrers-"));
  ended.push(() => rm(home, { recursive: true, force: true }));
  peers = new ReferrerPeers(programs, home);
  first = await startDockerRegistry();
  ended.push(() => first.stop());
  second = await startDockerRegistry();
  ended.push(() => second.stop());
  if (programs.registry !== undefined && programs.registry !== dockerRegistryBinary()) {
    const started = await startDockerRegistry({ binary: programs.registry });
    third = started;
    ended.push(() => started.stop());
  }
  modern = await startRegistry();
  ended.push(() => modern.close());
  service = await openService([first, second, modern, ...(third === undefined ? [] : [third])], ended);
});

afterAll(() => endAll(ended));

beforeEach(({ skip }) => {
  if (dockerRegistryBinary() === undefined) {
    skip("docker-registry is not on the PATH");
  }
});

const sortedTags = ({ tags }: RepositoryState) => Object.keys(tags).sort();

describe("between registries without the referrers API", () => {
  test("everything arrives, as regctl brings it", async ({ skip }) => {
    const signed = await signedImage("old to old");
    await pushSigned(first.url, "library/signed", signed, { lists: true });
    const from = `${first.host}/library/signed:1`;

    const job = await service.copy(from, `${second.host}/ours/signed:1`, { more: { referrers: true } });

    expect(job).toMatchObject({ status: "succeeded", digest: signed.image.root.digest, digestPreserved: true });
    expect(job.progress.referrers).toEqual({ total: 7, done: 7 });
    const [there, here] = [await repositoryState(first.url, "library/signed"), await repositoryState(second.url, "ours/signed")];
    expect(here).toEqual(there);
    if (!peers.has("regctl")) {
      skip("there is no regctl to compare with");
    }
    await peers.regctlCopy(from, `${second.host}/theirs/signed:1`);
    expect(here).toEqual(await repositoryState(second.url, "theirs/signed"));
  });

  test("to distribution 3 too, and oras finds all of it there", async ({ skip }) => {
    if (third === undefined) {
      skip("there is no distribution 3");
      return;
    }
    const signed = await signedImage("old to three");
    await pushSigned(first.url, "library/three", signed, { lists: true });
    const job = await service.copy(`${first.host}/library/three:1`, `${third.host}/ours/three:1`, { more: { referrers: true } });
    expect(job).toMatchObject({ status: "succeeded", progress: { referrers: { total: 7, done: 7 } } });
    expect(await repositoryState(third.url, "ours/three")).toEqual(await repositoryState(first.url, "library/three"));
    // And from there, where another version of the program is the source.
    const back = await service.copy(`${third.host}/ours/three:1`, `${second.host}/back/three:1`, { more: { referrers: true } });
    expect(back).toMatchObject({ status: "succeeded", progress: { referrers: { total: 7, done: 7 } } });
    expect(await repositoryState(second.url, "back/three")).toEqual(await repositoryState(first.url, "library/three"));
  });

  test("oras finds what it finds where it copies itself", async ({ skip }) => {
    if (!peers.has("oras")) {
      skip("there is no oras to compare with");
    }
    const signed = await signedImage("oras");
    await pushSigned(first.url, "library/oras", signed, { lists: true });
    const [from, ours, theirs] = [`${first.host}/library/oras:1`, `${second.host}/ours/oras:1`, `${second.host}/theirs/oras:1`];
    await service.copy(from, ours, { more: { referrers: true } });
    await peers.orasCopy(from, theirs);
    const found = await peers.orasDiscover(ours);
    expect(found).toEqual(await peers.orasDiscover(theirs));
    const ofTheTop = signed.attached.slice(0, 3).map(([, { root }]) => root.digest);
    expect(found).toEqual(expect.arrayContaining(ofTheTop));
    // oras leaves cosign's tags behind.
    const [here, there] = [await repositoryState(second.url, "ours/oras"), await repositoryState(second.url, "theirs/oras")];
    expect(sortedTags(here)).toEqual([...sortedTags(there), ...signed.cosign.map(([tag]) => tag)].sort());
  });

  test("what oras attaches later is brought to an image that is there, beside what was attached there meanwhile", async ({ skip }) => {
    if (!peers.has("oras")) {
      skip("there is no oras to compare with");
    }
    const image = await generateImage({ seed: "later" });
    await pushImage(first.url, "library/later", "1", image);
    const [from, to] = [`${first.host}/library/later:1`, `${second.host}/ours/later:1`];
    expect((await service.copy(from, to, { more: { referrers: true } })).progress.referrers).toEqual({ total: 0, done: 0 });
    await peers.orasAttach(from, "application/vnd.example.theirs");
    await peers.orasAttach(to, "application/vnd.example.ours");

    const job = await service.copy(from, to, { more: { referrers: true } });

    expect(job.images[0]?.destinations).toMatchObject([{ status: "copied", digest: image.root.digest }]);
    const { tags } = await repositoryState(second.url, "ours/later");
    const types = (tags[tagOf(image.root.digest)] as { artifactType: string; annotations: object }[]).map(
      ({ artifactType, annotations }) => [artifactType, annotations],
    );
    expect(types.sort()).toMatchObject([
      ["application/vnd.example.ours", { by: "application/vnd.example.ours" }],
      ["application/vnd.example.theirs", { by: "application/vnd.example.theirs" }],
    ]);
    const again = await service.copy(from, to, { more: { referrers: true } });
    expect(again.images[0]?.destinations[0]?.status).toBe("unchanged");
  });
});

describe("with the referrers API on one side", () => {
  test("from there: the lists that the other side needs are made", async ({ skip }) => {
    const signed = await signedImage("new to old");
    storeSigned(modern, "library/api", signed);
    const from = `${modern.host}/library/api:1`;
    const job = await service.copy(from, `${second.host}/ours/api:1`, { more: { referrers: true } });
    expect(job).toMatchObject({ status: "succeeded", progress: { referrers: { total: 7, done: 7 } } });
    const here = await repositoryState(second.url, "ours/api");
    expect(sortedTags(here)).toEqual(
      ["1", ...new Set(signed.attached.map(([subject]) => tagOf(subject))), ...signed.cosign.map(([tag]) => tag)].sort(),
    );
    if (!peers.has("regctl")) {
      skip("there is no regctl to compare with");
    }
    await peers.regctlCopy(from, `${second.host}/theirs/api:1`);
    expect(here).toEqual(await repositoryState(second.url, "theirs/api"));
  });

  test("to there: the lists are the registry's own", async () => {
    const signed = await signedImage("old to new");
    await pushSigned(first.url, "library/old", signed, { lists: true });
    const job = await service.copy(`${first.host}/library/old:1`, `${modern.host}/ours/old:1`, { more: { referrers: true } });
    expect(job).toMatchObject({ status: "succeeded", progress: { referrers: { total: 7, done: 7 } } });
    expect(Object.keys(modern.tags("ours/old")).sort()).toEqual(["1", ...signed.cosign.map(([tag]) => tag)].sort());
    for (const [subject, artifacts] of Map.groupBy(signed.attached, ([digest]) => digest)) {
      const { body } = await send("GET", `${modern.url}/v2/ours/old/referrers/${subject}`);
      const { manifests } = JSON.parse(body.toString()) as { manifests: { digest: string }[] };
      expect(manifests.map(({ digest }) => digest).sort()).toEqual(artifacts.map(([, { root }]) => root.digest).sort());
    }
  });
});
