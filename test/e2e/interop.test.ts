/** Content of every kind between real registries: what arrives is what was there, and what other tools make of the same request. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DockerRegistry, dockerRegistryBinary, startDockerRegistry } from "../support/docker-registry.ts";
import { findGoPrograms } from "../support/go-programs.ts";
import { send } from "../support/http.ts";
import { pushImage } from "../support/images/deliver.ts";
import { generateKind, KINDS, type Kind } from "../support/images/every-kind.ts";
import { generateImage, type Image } from "../support/images/image.ts";
import { chooseSeed } from "../support/images/seed.ts";
import { onPath } from "../support/on-path.ts";
import { endAll, openService } from "../support/open-service.ts";
import { PEERS, type Peer, peerCopy, skopeoSync } from "../support/peer-copy.ts";
import { repositoryState } from "../support/repository-state.ts";
import type { ServiceClient } from "../support/service-client.ts";

/** Kinds that a peer may refuse: then there is nothing to compare with. */
const MAY_REFUSE: Partial<Record<Peer, readonly Kind[]>> = {
  // "Unexpectedly received a manifest list instead of a manifest for a single image" (1.9.3).
  skopeo: ["nested-index"],
};

const PLATFORMS = ["linux/amd64", "linux/arm64/v8", "linux/s390x"];

const ended: (() => Promise<unknown>)[] = [];
let source: DockerRegistry;
/** Debian's distribution 2.8, and 3 where a program of that version can be had. */
let destinations: DockerRegistry[] = [];
let peers: (readonly [peer: Peer, program: string])[] = [];
let service: ServiceClient;
let home: string;
let seed: string;

beforeAll(async () => {
  if (dockerRegistryBinary() === undefined) {
    process.stderr.write("content of every kind between real registries is not tested: docker-registry is not on the PATH\n");
    return;
  }
  const programs = await findGoPrograms();
  const paths = { ...programs, skopeo: onPath("skopeo") };
  peers = PEERS.flatMap((peer) => (paths[peer] === undefined ? [] : [[peer, paths[peer]] as const]));
  process.stderr.write(`copies are compared with those of: ${peers.map(([peer]) => peer).join(", ") || "nobody"}\n`);
  seed = chooseSeed();
  home = await mkdtemp(join(tmpdir(), "interop-"));
  ended.push(() => rm(home, { recursive: true, force: true }));
  const binaries = new Set([dockerRegistryBinary(), programs.registry].filter((binary) => binary !== undefined));
  const start = async (binary?: string): Promise<DockerRegistry> => {
    const registry = await startDockerRegistry({ lenient: true, ...(binary === undefined ? {} : { binary }) });
    ended.push(() => registry.stop());
    return registry;
  };
  source = await start();
  destinations = await Promise.all([...binaries].map(start));
  service = await openService([source, ...destinations], ended);
});

afterAll(() => endAll(ended));

beforeEach(({ skip }) => {
  if (dockerRegistryBinary() === undefined) {
    skip("docker-registry is not on the PATH");
  }
});

/** Pushes an image to the source, and gives its reference there. */
async function pushed(repository: string, image: Image): Promise<string> {
  await pushImage(source.url, `library/${repository}`, "1", image);
  return `${source.host}/library/${repository}:1`;
}

describe("a whole image, as every peer copies it:", () => {
  test.each(KINDS)("%s", async (kind) => {
    const image = await generateKind(kind, seed);
    const from = await pushed(kind, image);
    const there = await repositoryState(source.url, `library/${kind}`);
    expect(there.tags).toEqual({ "1": image.root.digest });
    for (const { url, host } of destinations) {
      const job = await service.copy(from, `${host}/ours/${kind}:1`);
      expect(job).toMatchObject({ status: "succeeded", digest: image.root.digest, digestPreserved: true });
      const arrived = await repositoryState(url, `ours/${kind}`);
      expect(arrived).toEqual(there);
      const compareWith = async ([peer, program]: (typeof peers)[0]) => {
        const refusal = await peerCopy({ peer, program, home }, from, `${host}/${peer}/${kind}:1`);
        if (refusal === undefined || !MAY_REFUSE[peer]?.includes(kind)) {
          expect(refusal, peer).toBeUndefined();
          expect(await repositoryState(url, `${peer}/${kind}`), peer).toEqual(arrived);
        }
      };
      await Promise.all(peers.map(compareWith));
    }
  });
});

describe("some platforms", () => {
  const oneOf = {
    skopeo: ["--override-os=linux", "--override-arch=arm64"],
    crane: ["--platform=linux/arm64/v8"],
    regctl: ["--platform=linux/arm64/v8"],
    oras: ["--platform=linux/arm64/v8"],
  };

  test('index: "single" is the manifest that a peer takes for the platform', async () => {
    const from = await pushed("single", await generateImage({ seed: `${seed}-single`, platforms: PLATFORMS }));
    for (const { url, host } of destinations) {
      const job = await service.copy(from, `${host}/ours/single:1`, { more: { platforms: ["linux/arm64"], index: "single" } });
      expect(job).toMatchObject({ status: "succeeded", digestPreserved: false });
      const arrived = await repositoryState(url, "ours/single");
      expect(arrived.manifests).toHaveLength(1);
      for (const [peer, program] of peers) {
        const refusal = await peerCopy({ peer, program, home }, from, `${host}/${peer}/single:1`, oneOf[peer]);
        expect(refusal, peer).toBeUndefined();
        expect(await repositoryState(url, `${peer}/single`), peer).toEqual(arrived);
      }
    }
  });

  test('index: "sparse" is the whole index with the platforms that regctl brings too', async ({ skip }) => {
    const image = await generateImage({ seed: `${seed}-sparse`, platforms: PLATFORMS });
    const from = await pushed("sparse", image);
    const [regctl] = peers.filter(([peer]) => peer === "regctl");
    // Distribution 2 takes no such index.
    const third = destinations[1];
    if (third === undefined || regctl === undefined) {
      skip("there is no distribution 3, or no regctl");
      return;
    }
    const present = async (repository: string): Promise<number[]> =>
      await Promise.all(
        [...image.manifests, ...image.blobs].map(async (content) => {
          const kind = "bytes" in content ? "manifests" : "blobs";
          const url = `${third.url}/v2/${repository}/${kind}/${content.digest}`;
          return (await send("HEAD", url, { headers: { accept: content.mediaType } })).status;
        }),
      );
    const job = await service.copy(from, `${third.host}/ours/sparse:1`, { more: { platforms: ["linux/amd64", "linux/s390x"] } });
    expect(job).toMatchObject({ status: "succeeded", digest: image.root.digest, digestPreserved: true });
    const chosen = ["--platforms=linux/amd64", "--platforms=linux/s390x"];
    const refusal = await peerCopy({ peer: regctl[0], program: regctl[1], home }, from, `${third.host}/regctl/sparse:1`, chosen);
    expect(refusal).toBeUndefined();
    const arrived = await present("ours/sparse");
    expect(arrived.filter((status) => status === 404)).not.toHaveLength(0);
    expect(arrived).toEqual(await present("regctl/sparse"));
  });
});

describe("every tag of a repository", () => {
  test('tags: "all" brings what skopeo sync and crane copy --all-tags bring', async () => {
    for (const kind of ["docker-list", "oci-index", "artifact"] as const) {
      const image = await generateKind(kind, `${seed}-tags`);
      await pushImage(source.url, "library/tags", `1.0-${kind}`, image);
    }
    const there = await repositoryState(source.url, "library/tags");
    const from = `${source.host}/library/tags`;
    for (const { url, host } of destinations) {
      const job = await service.copy(from, `${host}/ours/tags`, { more: { tags: "all" } });
      expect([job.status, job.images.length]).toEqual(["succeeded", 3]);
      const arrived = await repositoryState(url, "ours/tags");
      expect(arrived).toEqual(there);
      for (const [peer, program] of peers.filter((each) => each[0] === "skopeo" || each[0] === "crane")) {
        const installed = { peer, program, home };
        const refusal =
          peer === "skopeo"
            ? await skopeoSync(installed, from, `${host}/skopeo`)
            : await peerCopy(installed, from, `${host}/crane/tags`, ["--all-tags"]);
        expect(refusal, peer).toBeUndefined();
        expect(await repositoryState(url, `${peer}/tags`), peer).toEqual(arrived);
      }
    }
  });

  test("overwrite: never leaves what is there, as crane copy --no-clobber does", async () => {
    const [older, newer] = [await generateImage({ seed: `${seed}-older` }), await generateImage({ seed: `${seed}-newer` })];
    const from = await pushed("kept", newer);
    const [crane] = peers.filter(([peer]) => peer === "crane");
    for (const { url, host } of destinations) {
      for (const repository of ["ours/kept", "crane/kept"]) {
        await pushImage(url, repository, "1", older);
      }
      const job = await service.copy(from, `${host}/ours/kept:1`, { more: { overwrite: "never" } });
      expect(job.images[0]?.destinations).toMatchObject([{ status: "skipped", digest: older.root.digest }]);
      const left = await repositoryState(url, "ours/kept");
      expect(left.tags).toEqual({ "1": older.root.digest });
      if (crane !== undefined) {
        const refusal = await peerCopy({ peer: crane[0], program: crane[1], home }, from, `${host}/crane/kept:1`, ["--no-clobber"]);
        expect(refusal).toMatch(/clobber/);
        expect(await repositoryState(url, "crane/kept")).toEqual(left);
      }
    }
  });
});
