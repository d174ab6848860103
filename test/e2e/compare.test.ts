/**
 * The question that transship was made for, asked for real: an image is pulled from one registry, unpacked, packed again and pushed to another,
 * and has another digest there. skopeo plays docker's part: it unpacks one platform's layers into a folder and packs them when it pushes.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Comparison } from "../../src/compare/compare.ts";
import { type DockerRegistry, hasDockerRegistry, startDockerRegistry } from "../support/docker-registry.ts";
import { writeLayout } from "../support/images/real-image.ts";
import { ServiceClient } from "../support/service-client.ts";
import { hasSkopeo } from "../support/skopeo.ts";
import { type RunningWorker, startWorker } from "../support/workerd.ts";

const missing = [...(hasSkopeo() ? [] : ["skopeo"]), ...(hasDockerRegistry() ? [] : ["docker-registry"])];

let hub: DockerRegistry;
let ours: DockerRegistry;
/** Has nothing that skopeo could take instead of what it packs. */
let theirs: DockerRegistry;
let worker: RunningWorker;
let service: ServiceClient;
let folder: string;

beforeAll(async () => {
  if (missing.length > 0) {
    process.stderr.write(`comparing what was really repacked is not tested: not on the PATH: ${missing.join(", ")}\n`);
    return;
  }
  folder = await mkdtemp(join(tmpdir(), "repack-"));
  [hub, ours, theirs] = await Promise.all([startDockerRegistry(), startDockerRegistry(), startDockerRegistry()]);
  const permit = { http: true, private: true };
  worker = await startWorker({
    vars: { ALLOW_ANONYMOUS: "true", REGISTRIES: { [hub.host]: permit, [ours.host]: permit, [theirs.host]: permit } },
  });
  service = new ServiceClient(worker.url);
  await writeLayout(join(folder), ["linux/amd64", "linux/arm64"]);
  await skopeo(
    "copy",
    "--all",
    "--preserve-digests",
    "--dest-tls-verify=false",
    `oci:${folder}:1`,
    `docker://${hub.host}/library/busybox:1`,
  );
});

afterAll(async () => {
  await worker?.stop();
  await Promise.all([hub?.stop(), ours?.stop(), theirs?.stop()]);
  await rm(folder ?? join(tmpdir(), "repack-none"), { recursive: true, force: true });
});

beforeEach(({ skip }) => {
  if (missing.length > 0) {
    skip(`not on the PATH: ${missing.join(", ")}`);
  }
});

async function skopeo(...args: string[]): Promise<void> {
  await promisify(execFile)("skopeo", ["--insecure-policy", "--override-os", "linux", "--override-arch", "amd64", ...args]);
}

async function compared(left: string, right: string): Promise<Comparison> {
  const answer = await service.request("GET", `/compare?left=${encodeURIComponent(left)}&right=${encodeURIComponent(right)}`);
  expect(answer.status, answer.body.toString()).toBe(200);
  return JSON.parse(answer.body.toString()) as Comparison;
}

test("pulled, unpacked, packed and pushed: another digest, the same image ID", async () => {
  const [there, here] = [`${hub.host}/library/busybox:1`, `${ours.host}/mirror/busybox:1`];
  const unpacked = join(folder, "unpacked");
  await skopeo("copy", "--src-tls-verify=false", "--dest-decompress", `docker://${there}`, `dir:${unpacked}`);
  await skopeo("copy", "--dest-tls-verify=false", `dir:${unpacked}`, `docker://${here}`);

  const result = await compared(there, here);
  expect(result).toMatchObject({
    verdict: "single-platform-of-index",
    platform: "linux/amd64",
    same: { digest: false, imageId: true, layers: false, diffIds: true },
    left: { platforms: ["linux/amd64", "linux/arm64"] },
    right: { platforms: ["linux/amd64"] },
  });
  const { left, right } = result;
  expect(result.explanation).toBe(
    [
      "right is the linux/amd64 image of the index at left, but its manifest was written anew.",
      `left (${there}) is an index over 2 platforms; its digest ${left.digest} is an index digest.`,
      `right (${here}) is the manifest of one image, for linux/amd64; its digest ${right.digest} is a manifest digest.`,
      "An index and a manifest in it are different documents with different digests.",
      "The other platforms (linux/arm64) are not in right.",
      `The image ID (the digest of the config) is ${right.imageId} on both sides, so it is the same image.`,
      "The diff IDs (the digests of the unpacked layers) are the same, so the content is, but 1 of 1 layer was compressed again (with another compressor or level): other bytes, so other layer digests, and with them another manifest digest.",
      "That is what a pull followed by a push does: docker pull unpacks the layers and throws the manifest away, docker push packs them again and writes a new manifest. The digest does not depend on the registry.",
      `To keep the digest, copy manifests and blobs as they are, without a pull and push: POST /copy {"source":"${there}","destination":"${here}"}.`,
    ].join(" "),
  );
  expect(result.differences.map(({ path }) => path)).toContain("/layers/0/digest");
});

test("pushed to a second registry: the same digest as at the first", async () => {
  const [first, second] = [`${ours.host}/mirror/busybox:1`, `${theirs.host}/mirror/busybox:1`];
  await skopeo("copy", "--dest-tls-verify=false", `dir:${join(folder, "unpacked")}`, `docker://${second}`);
  expect(await compared(first, second)).toMatchObject({
    verdict: "identical",
    same: { digest: true, imageId: true, layers: true, diffIds: true },
  });
});

test("copied as the answer says, it has the digest that it had", async () => {
  const [there, here] = [`${hub.host}/library/busybox:1`, `${ours.host}/mirror/busybox:again`];
  await service.copy(there, here);
  expect(await compared(there, here)).toMatchObject({ verdict: "identical", same: { digest: true }, differences: [] });
});

test("one platform packed again by another compressor", async () => {
  const [one, other] = [`${hub.host}/one/busybox:1`, `${ours.host}/one/busybox:1`];
  const plain = join(folder, "plain");
  await skopeo("copy", "--src-tls-verify=false", "--dest-tls-verify=false", `docker://${hub.host}/library/busybox:1`, `docker://${one}`);
  await skopeo("copy", "--src-tls-verify=false", "--dest-decompress", `docker://${one}`, `dir:${plain}`);
  await skopeo("copy", "--dest-tls-verify=false", "--dest-compress-format=zstd", `dir:${plain}`, `docker://${other}`);
  expect(await compared(one, other)).toMatchObject({
    verdict: "recompressed",
    same: { digest: false, imageId: true, layers: false, diffIds: true },
  });
});

test("one platform as it is: its digest is in the index", async () => {
  const [there, here] = [`${hub.host}/library/busybox:1`, `${ours.host}/as-it-is/busybox:1`];
  const plain = ["--src-tls-verify=false", "--dest-tls-verify=false"];
  await skopeo("copy", "--preserve-digests", ...plain, `docker://${there}`, `docker://${here}`);
  const result = await compared(there, here);
  expect(result).toMatchObject({
    verdict: "single-platform-of-index",
    same: { digest: false, imageId: true, layers: true, diffIds: true },
  });
  expect(result.explanation).toContain("right is the linux/amd64 image of the index at left, byte for byte");
});

test("Docker's media types in place of OCI's, and back: the content is the same", async () => {
  const [oci, docker, back] = ["as-it-is", "docker", "back"].map((name) => `${ours.host}/${name}/busybox:1`) as [string, string, string];
  const plain = ["--src-tls-verify=false", "--dest-tls-verify=false"];
  await skopeo("copy", "--format=v2s2", ...plain, `docker://${oci}`, `docker://${docker}`);
  await skopeo("copy", "--format=oci", ...plain, `docker://${docker}`, `docker://${back}`);
  for (const [left, right] of [[oci, docker] as const, [docker, back] as const]) {
    const result = await compared(left, right);
    expect(result).toMatchObject({ verdict: "reserialized", same: { digest: false, layers: true, diffIds: true } });
    expect(result.explanation).toContain("the manifest was converted");
  }
});
