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
let worker: RunningWorker;
let service: ServiceClient;
let folder: string;

beforeAll(async () => {
  if (missing.length > 0) {
    process.stderr.write(`comparing what was really repacked is not tested: not on the PATH: ${missing.join(", ")}\n`);
    return;
  }
  folder = await mkdtemp(join(tmpdir(), "repack-"));
  [hub, ours] = await Promise.all([startDockerRegistry(), startDockerRegistry()]);
  const permit = { http: true, private: true };
  worker = await startWorker({ vars: { ALLOW_ANONYMOUS: "true", REGISTRIES: { [hub.host]: permit, [ours.host]: permit } } });
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
  await Promise.all([hub?.stop(), ours?.stop()]);
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
  expect(result.explanation).toContain("right is the linux/amd64 image of the index at left");
  expect(result.explanation).toContain("docker pull and docker push");
  expect(result.explanation).toContain(`POST /copy {"source":"${there}","destination":"${here}"}`);
  expect(result.differences.map(({ path }) => path)).toContain("/layers/0/digest");
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
