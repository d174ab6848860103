/** Signatures and SBOMs between real registries, compared with what regctl and oras make of the same request. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DockerRegistry, dockerRegistryBinary, startDockerRegistry } from "../support/docker-registry.ts";
import { send } from "../support/http.ts";
import { pushImage, storeImage } from "../support/images/deliver.ts";
import { generateArtifact, generateImage, type Image } from "../support/images/image.ts";
import { onPath } from "../support/on-path.ts";
import type { FakeRegistry } from "../support/registry/fake-registry.ts";
import { startRegistry } from "../support/registry/server.ts";
import { type RepositoryState, repositoryState } from "../support/repository-state.ts";
import { ServiceClient } from "../support/service-client.ts";
import { startWorker } from "../support/workerd.ts";

const run = promisify(execFile);
const INDEX = "application/vnd.oci.image.index.v1+json";

const ended: (() => Promise<unknown>)[] = [];
/** Two of Debian's distribution 2.8, which has no referrers API; `third` is distribution 3, where there is one. */
let first: DockerRegistry;
let second: DockerRegistry;
let third: DockerRegistry | undefined;
/** Has the referrers API. */
let modern: FakeRegistry;
let service: ServiceClient;
/** Without any configuration of this machine's user. */
let home: string;

const registryBinary = onPath("registry");
const distribution3 = registryBinary === dockerRegistryBinary() ? undefined : registryBinary;

beforeAll(async () => {
  if (dockerRegistryBinary() === undefined) {
    process.stderr.write("referrers between real registries are not tested: docker-registry is not on the PATH\n");
    return;
  }
  home = await mkdtemp(join(tmpdir(), "referrers-"));
  ended.push(() => rm(home, { recursive: true, force: true }));
  first = await startDockerRegistry();
  ended.push(() => first.stop());
  second = await startDockerRegistry();
  ended.push(() => second.stop());
  if (distribution3 !== undefined) {
    const started = await startDockerRegistry({ binary: distribution3 });
    third = started;
    ended.push(() => started.stop());
  }
  modern = await startRegistry();
  ended.push(() => modern.close());
  const hosts = [first, second, third, modern].flatMap((registry) => (registry === undefined ? [] : [registry.host]));
  const worker = await startWorker({
    vars: { ALLOW_ANONYMOUS: "true", REGISTRIES: Object.fromEntries(hosts.map((host) => [host, { http: true, private: true }])) },
  });
  ended.push(() => worker.stop());
  service = new ServiceClient(worker.url);
});

afterAll(async () => {
  for (const end of ended.reverse()) {
    await end();
  }
});

beforeEach(({ skip }) => {
  if (dockerRegistryBinary() === undefined) {
    skip("docker-registry is not on the PATH");
  }
});

interface Signed {
  image: Image;
  /** Everything attached, by what it is attached to. */
  attached: [subject: string, artifact: Image][];
  cosign: [tag: string, artifact: Image][];
}

const tagOf = (digest: string, suffix = "") => `${digest.replace(":", "-")}${suffix}`;

/** An index with an SBOM, which is signed, a signature of one of its platforms, and what cosign keeps in tags. */
async function signedImage(seed: string): Promise<Signed> {
  const image = await generateImage({ seed, layers: [3_000, 20_000] });
  const about = ({ mediaType, digest, bytes }: Image["root"], name: string) =>
    generateArtifact({
      seed: `${seed} ${name}`,
      artifactType: `application/vnd.example.${name}`,
      subject: { mediaType, digest, size: bytes.length },
    });
  const platform = image.manifests[0] as Image["root"];
  const sbom = await about(image.root, "sbom");
  const provenance = await about(image.root, "provenance");
  const signature = await about(sbom.root, "signature");
  const ofPlatform = await about(platform, "signature-of-platform");
  const tags = [tagOf(image.root.digest, ".sig"), tagOf(image.root.digest, ".att"), tagOf(platform.digest, ".sig")];
  return {
    image,
    attached: [
      [image.root.digest, sbom],
      [image.root.digest, provenance],
      [sbom.root.digest, signature],
      [platform.digest, ofPlatform],
    ],
    cosign: await Promise.all(tags.map(async (tag): Promise<[string, Image]> => [tag, await generateArtifact({ seed: `${seed} ${tag}` })])),
  };
}

/** Pushes it as clients do to a registry without the referrers API: each subject's list under its fallback tag. */
async function pushSigned(url: string, repository: string, { image, attached, cosign }: Signed): Promise<void> {
  await pushImage(url, repository, "1", image);
  for (const [, artifact] of attached) {
    await pushImage(url, repository, undefined, artifact);
  }
  for (const [subject, artifacts] of Map.groupBy(attached, ([digest]) => digest)) {
    const manifests = artifacts.map(([, { root }]) => {
      const { artifactType } = JSON.parse(root.bytes.toString()) as { artifactType: string };
      return { mediaType: root.mediaType, digest: root.digest, size: root.bytes.length, artifactType };
    });
    const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests });
    const { status } = await send("PUT", `${url}/v2/${repository}/manifests/${tagOf(subject)}`, {
      headers: { "content-type": INDEX },
      body,
    });
    expect(status).toBe(201);
  }
  for (const [tag, artifact] of cosign) {
    await pushImage(url, repository, tag, artifact);
  }
}

/** Puts it into the registry with the API, where a list is made of the subjects that manifests name. */
function storeSigned(repository: string, { image, attached, cosign }: Signed): void {
  storeImage(modern, repository, "1", image);
  for (const [, artifact] of attached) {
    storeImage(modern, repository, undefined, artifact);
  }
  for (const [tag, artifact] of cosign) {
    storeImage(modern, repository, tag, artifact);
  }
}

function peer(name: "regctl" | "oras", args: readonly string[]): Promise<{ stdout: string }> {
  return run(onPath(name) as string, args, { env: { PATH: process.env.PATH, HOME: home, DOCKER_CONFIG: home } });
}

/** What `regctl image copy` makes of it. */
async function regctlCopy(from: string, to: string, hosts: readonly string[]): Promise<void> {
  const plain = hosts.flatMap((host) => ["--host", `reg=${host},tls=disabled`]);
  await peer("regctl", ["image", "copy", "--referrers", "--digest-tags", ...plain, from, to]);
}

/** Digests of all referrers that oras finds, however far they go. */
async function orasDiscover(reference: string): Promise<string[]> {
  const { stdout } = await peer("oras", ["discover", "--plain-http", "--format", "json", reference]);
  return [...stdout.matchAll(/"digest":\s*"(sha256:[0-9a-f]{64})"/g)].map(([, digest]) => digest as string).sort();
}

const sortedTags = ({ tags }: RepositoryState) => Object.keys(tags).sort();

describe("between registries without the referrers API", () => {
  test("everything arrives, as regctl brings it", async ({ skip }) => {
    const signed = await signedImage("old to old");
    await pushSigned(first.url, "library/signed", signed);
    const from = `${first.host}/library/signed:1`;

    const job = await service.copy(from, `${second.host}/ours/signed:1`, { more: { referrers: true } });

    expect(job).toMatchObject({ status: "succeeded", digest: signed.image.root.digest, digestPreserved: true });
    expect(job.progress.referrers).toEqual({ total: 7, done: 7 });
    const [there, here] = [await repositoryState(first.url, "library/signed"), await repositoryState(second.url, "ours/signed")];
    expect(here).toEqual(there);
    if (onPath("regctl") === undefined) {
      skip("regctl is not on the PATH: there is nothing to compare with");
    }
    await regctlCopy(from, `${second.host}/theirs/signed:1`, [first.host, second.host]);
    expect(here).toEqual(await repositoryState(second.url, "theirs/signed"));
  });

  test("to distribution 3 too, and oras finds all of it there", async ({ skip }) => {
    if (third === undefined) {
      skip("distribution 3 (a second `registry`) is not on the PATH");
      return;
    }
    const signed = await signedImage("old to three");
    await pushSigned(first.url, "library/three", signed);
    const job = await service.copy(`${first.host}/library/three:1`, `${third.host}/ours/three:1`, { more: { referrers: true } });
    expect(job).toMatchObject({ status: "succeeded", progress: { referrers: { total: 7, done: 7 } } });
    expect(await repositoryState(third.url, "ours/three")).toEqual(await repositoryState(first.url, "library/three"));
    // And from there, where another version of the program is the source.
    const back = await service.copy(`${third.host}/ours/three:1`, `${second.host}/back/three:1`, { more: { referrers: true } });
    expect(back).toMatchObject({ status: "succeeded", progress: { referrers: { total: 7, done: 7 } } });
    expect(await repositoryState(second.url, "back/three")).toEqual(await repositoryState(first.url, "library/three"));
  });

  test("oras finds what it finds where it copies itself", async ({ skip }) => {
    if (onPath("oras") === undefined) {
      skip("oras is not on the PATH");
    }
    const signed = await signedImage("oras");
    await pushSigned(first.url, "library/oras", signed);
    const [from, ours, theirs] = [`${first.host}/library/oras:1`, `${second.host}/ours/oras:1`, `${second.host}/theirs/oras:1`];
    await service.copy(from, ours, { more: { referrers: true } });
    await peer("oras", ["cp", "-r", "--from-plain-http", "--to-plain-http", from, theirs]);
    const found = await orasDiscover(ours);
    expect(found).toEqual(await orasDiscover(theirs));
    const ofTheTop = signed.attached.slice(0, 3).map(([, { root }]) => root.digest);
    expect(found).toEqual(expect.arrayContaining(ofTheTop));
    // oras leaves cosign's tags behind.
    const [here, there] = [await repositoryState(second.url, "ours/oras"), await repositoryState(second.url, "theirs/oras")];
    expect(sortedTags(here)).toEqual([...sortedTags(there), ...signed.cosign.map(([tag]) => tag)].sort());
  });

  test("what oras attaches later is brought to an image that is there, beside what was attached there meanwhile", async ({ skip }) => {
    if (onPath("oras") === undefined) {
      skip("oras is not on the PATH");
    }
    const image = await generateImage({ seed: "later" });
    await pushImage(first.url, "library/later", "1", image);
    const [from, to] = [`${first.host}/library/later:1`, `${second.host}/ours/later:1`];
    const attach = (reference: string, type: string) =>
      peer("oras", ["attach", "--plain-http", "--artifact-type", type, "--annotation", `by=${type}`, reference]);
    expect((await service.copy(from, to, { more: { referrers: true } })).progress.referrers).toEqual({ total: 0, done: 0 });
    await attach(from, "application/vnd.example.theirs");
    await attach(to, "application/vnd.example.ours");

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
    storeSigned("library/api", signed);
    const from = `${modern.host}/library/api:1`;
    const job = await service.copy(from, `${second.host}/ours/api:1`, { more: { referrers: true } });
    expect(job).toMatchObject({ status: "succeeded", progress: { referrers: { total: 7, done: 7 } } });
    const here = await repositoryState(second.url, "ours/api");
    expect(sortedTags(here)).toEqual(
      ["1", ...new Set(signed.attached.map(([subject]) => tagOf(subject))), ...signed.cosign.map(([tag]) => tag)].sort(),
    );
    if (onPath("regctl") === undefined) {
      skip("regctl is not on the PATH: there is nothing to compare with");
    }
    await regctlCopy(from, `${second.host}/theirs/api:1`, [modern.host, second.host]);
    expect(here).toEqual(await repositoryState(second.url, "theirs/api"));
  });

  test("to there: the lists are the registry's own", async () => {
    const signed = await signedImage("old to new");
    await pushSigned(first.url, "library/old", signed);
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
