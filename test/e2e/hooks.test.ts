/** A real registry whose own notifications are what sets copies going. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { JobSummary } from "../../src/jobs/document.ts";
import { type DockerRegistry, hasDockerRegistry, startDockerRegistry } from "../support/docker-registry.ts";
import { send } from "../support/http.ts";
import { pushImage } from "../support/images/deliver.ts";
import { generateImage } from "../support/images/image.ts";
import { freePort } from "../support/processes.ts";
import { ServiceClient } from "../support/service-client.ts";
import { type RunningWorker, startWorker } from "../support/workerd.ts";

/** How long a push may take to arrive: a registry that got no answer waits a second before it tries again. */
const ARRIVAL_MS = 30_000;

const SECRET = randomBytes(18).toString("hex");
const permit = { http: true, private: true };

let source: DockerRegistry;
let mirror: DockerRegistry;
let worker: RunningWorker;
let service: ServiceClient;
const ended: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  if (!hasDockerRegistry()) {
    return;
  }
  const port = await freePort();
  source = await startDockerRegistry({ notify: { url: `http://127.0.0.1:${port}/hooks/local`, authorization: `Bearer ${SECRET}` } });
  ended.push(() => source.stop());
  mirror = await startDockerRegistry();
  ended.push(() => mirror.stop());
  // Before there is anybody to tell it to: the registry goes on trying.
  await pushImage(source.url, "team/early", "1", await generateImage({ seed: "early" }));
  worker = await startWorker({
    port,
    vars: {
      ALLOW_ANONYMOUS: "true",
      HOOK_SECRET: SECRET,
      HOOKS: {
        local: {
          type: "distribution",
          secret: "HOOK_SECRET",
          copy: [{ from: `${source.host}/team/*`, to: `${mirror.host}/mirror/{name}:{tag}` }],
        },
      },
      REGISTRIES: { [source.host]: permit, [mirror.host]: permit },
    },
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
  if (!hasDockerRegistry()) {
    skip("not on the PATH: docker-registry");
  }
});

/** The digest of a tag at the mirror, or `undefined`. */
async function digestAt(name: string, tag: string): Promise<string | undefined> {
  const accept = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";
  const { status, headers } = await send("HEAD", `${mirror.url}/v2/mirror/${name}/manifests/${tag}`, { headers: { accept } });
  return status === 200 ? headers["docker-content-digest"] : undefined;
}

async function jobsOf(name: string): Promise<JobSummary[]> {
  const { body } = await service.request("GET", "/jobs?limit=100");
  const { jobs } = JSON.parse(body.toString()) as { jobs: JobSummary[] };
  return jobs.filter(({ source: reference }) => reference.includes(`/team/${name}:`));
}

test("what was pushed before the service was there arrives once it is", async () => {
  const { root } = await generateImage({ seed: "early" });
  await expect.poll(() => digestAt("early", "1"), { timeout: ARRIVAL_MS }).toBe(root.digest);
});

test("a push of an image of several platforms is one job, though the registry tells of every blob and manifest", async () => {
  const image = await generateImage({ seed: "pushed", layers: [1_000, 200_000] });
  await pushImage(source.url, "team/app", "1.0", image);
  await expect.poll(() => digestAt("app", "1.0"), { timeout: ARRIVAL_MS }).toBe(image.root.digest);
  // Told in order: once a later push has arrived, everything about this one has been told, the copy's own pulls too.
  await pushImage(source.url, "team/later", "1", image);
  await expect.poll(() => digestAt("later", "1"), { timeout: ARRIVAL_MS }).toBe(image.root.digest);
  expect(await jobsOf("app")).toMatchObject([
    { status: "succeeded", digest: image.root.digest, trigger: { kind: "webhook", name: "local" } },
  ]);
});

test("a tag that moves there and back moves at the mirror", async () => {
  const images = await Promise.all(["one", "two"].map((seed) => generateImage({ seed, layers: [100] })));
  for (const index of [0, 1, 0]) {
    const image = images[index] as (typeof images)[number];
    await pushImage(source.url, "team/moving", "latest", image);
    await expect.poll(() => digestAt("moving", "latest"), { timeout: ARRIVAL_MS }).toBe(image.root.digest);
  }
  expect(await jobsOf("moving")).toHaveLength(3);
});

test("a repository that no rule is for stays where it is", async () => {
  await pushImage(source.url, "private/app", "1", await generateImage({ seed: "private" }));
  await pushImage(source.url, "team/after", "1", await generateImage({ seed: "after" }));
  await expect.poll(() => digestAt("after", "1"), { timeout: ARRIVAL_MS }).toBeDefined();
  expect(await digestAt("app", "1")).toBeUndefined();
});

test("a body of 10 MB and a wrong secret get their answers over a real connection", async () => {
  const headers = { "content-type": "application/json", authorization: `Bearer ${SECRET}` };
  expect((await send("POST", `${worker.url}/hooks/local`, { headers, body: Buffer.alloc(10_000_000, 0x20) })).status).toBe(413);
  expect((await send("POST", `${worker.url}/hooks/local`, { headers: { ...headers, authorization: "Bearer x" }, body: "{}" })).status).toBe(
    401,
  );
});
