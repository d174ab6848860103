/** The Worker as a user starts it, between real registries; skopeo, an independent client, reads back what it copied. */
import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { requestsSince } from "../support/access-log.ts";
import { type DockerRegistry, hasDockerRegistry, REGISTRY_USER, startDockerRegistry } from "../support/docker-registry.ts";
import { authorize, send } from "../support/http.ts";
import { pushImage, storeImage } from "../support/images/deliver.ts";
import { generateArtifact, generateImage, type Image } from "../support/images/image.ts";
import type { FakeRegistry } from "../support/registry/fake-registry.ts";
import { startRegistry } from "../support/registry/server.ts";
import { ServiceClient } from "../support/service-client.ts";
import { hasSkopeo, readBack, skopeoInspectRaw } from "../support/skopeo.ts";
import { type RunningWorker, startWorker } from "../support/workerd.ts";

const missing = [...(hasSkopeo() ? [] : ["skopeo"]), ...(hasDockerRegistry() ? [] : ["docker-registry"])];

const secret = (): string => randomBytes(18).toString("hex");
const ANY_TOKEN = secret();
const NARROW_TOKEN = secret();
const WRONG_PASSWORD = secret();

const ended: (() => Promise<unknown>)[] = [];
let source: DockerRegistry;
let basic: DockerRegistry;
let tokens: DockerRegistry;
/** Its blobs never come to an end. */
let slow: FakeRegistry;
let worker: RunningWorker;
/** May copy anything. */
let service: ServiceClient;
/** May copy to `allowed/` at one registry. */
let narrow: ServiceClient;

beforeAll(async () => {
  if (missing.length > 0) {
    process.stderr.write(`copies between real registries are not tested: not on the PATH: ${missing.join(", ")}\n`);
    return;
  }
  source = await startDockerRegistry({ accessLog: true });
  ended.push(() => source.stop());
  basic = await startDockerRegistry({ auth: "htpasswd", accessLog: true });
  ended.push(() => basic.stop());
  tokens = await startDockerRegistry({ auth: "token", accessLog: true });
  ended.push(() => tokens.stop());
  slow = await startRegistry();
  ended.push(() => slow.close());
  worker = await startWorker({ vars: variables() });
  ended.push(() => worker.stop());
  service = new ServiceClient(worker.url, ANY_TOKEN);
  narrow = new ServiceClient(worker.url, NARROW_TOKEN);
});

afterAll(async () => {
  for (const end of ended.reverse()) {
    await end();
  }
});

beforeEach(({ skip }) => {
  if (missing.length > 0) {
    skip(`not on the PATH: ${missing.join(", ")}`);
  }
});

function variables(): Record<string, unknown> {
  const permit = { http: true, private: true };
  const { user, password } = REGISTRY_USER;
  const wrong = { username: user, password: WRONG_PASSWORD };
  const hash = (token: string) => createHash("sha256").update(token).digest("hex");
  return {
    API_TOKENS: [
      { name: "any", sha256: hash(ANY_TOKEN) },
      { name: "narrow", sha256: hash(NARROW_TOKEN), allow: [{ from: `${source.host}/library/*`, to: `${basic.host}/allowed/**` }] },
    ],
    REGISTRIES: {
      [source.host]: permit,
      [basic.host]: permit,
      [tokens.host]: { ...permit, realms: [tokens.tokenHost] },
      [slow.host]: permit,
    },
    REGISTRY_AUTH: {
      auths: {
        [basic.host]: { auth: Buffer.from(`${user}:${password}`).toString("base64") },
        [tokens.host]: { username: user, password },
        [`${basic.host}/wrong`]: wrong,
        [`${tokens.host}/wrong`]: wrong,
      },
    },
  };
}

const IMAGES: readonly (readonly [name: string, make: () => Promise<Image>])[] = [
  [
    "an index with platforms, attestations, odd JSON and an empty layer",
    () => generateImage({ seed: "odd", formatting: "odd", attestations: true, layers: [0, 70_000, 3_000_000] }),
  ],
  ["a Docker manifest list", () => generateImage({ seed: "docker", family: "docker" })],
  ["an image of one platform", () => generateImage({ seed: "one", index: "none", platforms: ["linux/amd64"] })],
  ["an artifact with an empty config", () => generateArtifact({ seed: "artifact", layers: [100, 5_000] })],
];

/** Pushes an image to the source, and gives its reference there. */
async function pushed(repository: string, image: Image, tag = "1"): Promise<string> {
  await pushImage(source.url, repository, tag, image);
  return `${source.host}/${repository}:${tag}`;
}

/** Expects skopeo to read the same bytes at every place: each manifest, config and layer. */
async function expectSame(image: Image, from: string, ...to: string[]): Promise<void> {
  const there = await readBack(from);
  expect(there.blobs).toEqual(new Map(image.blobs.map(({ digest, content }) => [digest, content.size])));
  for (const reference of to) {
    const login = reference.startsWith(source.host) ? undefined : REGISTRY_USER;
    expect(await skopeoInspectRaw(reference, login)).toEqual(image.root.bytes);
    expect(await readBack(reference, login)).toEqual(there);
  }
}

/** What stands in the tags list of a repository; nothing where it is not there. */
async function tagsOf({ url }: DockerRegistry, repository: string): Promise<unknown> {
  const authorization = await authorize(url, repository, REGISTRY_USER);
  const { status, body } = await send("GET", `${url}/v2/${repository}/tags/list`, {
    headers: authorization === undefined ? {} : { authorization },
  });
  return status === 404 ? [] : (JSON.parse(body.toString()) as { tags: unknown }).tags;
}

const blobReads = (requests: readonly { method: string; path: string }[]) =>
  requests.filter(({ method, path }) => method === "GET" && path.includes("/blobs/")).map(({ path }) => path);

describe("an image arrives byte for byte", () => {
  test.for(IMAGES)("%s", async ([, make]) => {
    const image = await make();
    const from = await pushed("library/image", image, image.seed);
    const to = [basic, tokens].map(({ host }) => `${host}/mirror/image:${image.seed}`);
    for (const reference of to) {
      const job = await service.copy(from, reference);
      expect(job).toMatchObject({ status: "succeeded", digest: image.root.digest, digestPreserved: true });
      expect(job.images[0]?.destinations).toEqual([{ reference, digest: image.root.digest, status: "copied", error: null }]);
    }
    await expectSame(image, from, ...to);
  });

  test("again: unchanged, with one request at each side", async () => {
    const image = await generateImage({ seed: "again" });
    const from = await pushed("library/again", image);
    for (const registry of [basic, tokens]) {
      const to = `${registry.host}/mirror/again:1`;
      await service.copy(from, to);
      const marks = [source.logs().length, registry.logs().length] as const;
      const job = await service.copy(from, to);
      expect(job.images[0]?.destinations[0]?.status).toBe("unchanged");
      const [here, there] = [await requestsSince(source, marks[0]), await requestsSince(registry, marks[1])];
      expect(here).toEqual([{ method: "HEAD", path: "/v2/library/again/manifests/1", status: 200 }]);
      expect(there).toEqual([{ method: "HEAD", path: "/v2/mirror/again/manifests/1", status: 200 }]);
    }
  });

  test("to registries with either kind of login at once: the source's blobs are read once", async () => {
    const image = await generateImage({ seed: "several", layers: [100, 200_000, 6_000_000] });
    const from = await pushed("library/several", image);
    const to = [`${basic.host}/several/a:1`, `${basic.host}/several/a:latest`, `${basic.host}/several/b:1`, `${tokens.host}/several/a:1`];
    const mark = source.logs().length;
    const job = await service.copy(from, to);
    expect(job.images[0]?.destinations.map(({ status }) => status)).toEqual(to.map(() => "copied"));
    const reads = blobReads(await requestsSince(source, mark));
    expect(reads.sort()).toEqual(image.blobs.map(({ digest }) => `/v2/library/several/blobs/${digest}`).sort());
    await expectSame(image, from, ...to);
  });

  test("to another repository of the same registry: every blob is mounted", async () => {
    const image = await generateImage({ seed: "mount" });
    const from = await pushed("library/mount", image);
    const mark = source.logs().length;
    const job = await service.copy(from, `${source.host}/mounted/image:1`);
    expect(job.progress.blobs).toMatchObject({ total: image.blobs.length, mounted: image.blobs.length, copied: 0 });
    expect(job.progress.bytes.copied).toBe(0);
    expect(blobReads(await requestsSince(source, mark))).toEqual([]);
    await expectSame(image, from, `${source.host}/mounted/image:1`);
  });

  test("to another tag of the same repository: one manifest is put", async () => {
    const image = await generateImage({ seed: "retag" });
    const from = await pushed("library/retag", image);
    const mark = source.logs().length;
    const job = await service.copy(from, `${source.host}/library/retag:other`);
    expect(job.status).toBe("succeeded");
    expect((await requestsSince(source, mark)).map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      `GET /v2/library/retag/manifests/${image.root.digest}`,
      "HEAD /v2/library/retag/manifests/1",
      "HEAD /v2/library/retag/manifests/other",
      "PUT /v2/library/retag/manifests/other",
    ]);
    await expectSame(image, from, `${source.host}/library/retag:other`);
  });
});

describe("nothing is tagged", () => {
  test("when the source does not have it", async () => {
    const job = await service.copy(`${source.host}/library/nothing:1`, `${basic.host}/refused/nothing:1`);
    expect(job).toMatchObject({ status: "failed", error: { code: "not-found", side: "source", registry: source.host } });
    expect(await tagsOf(basic, "refused/nothing")).toEqual([]);
  });

  test.for(["basic", "tokens"] as const)("when a destination refuses the credentials: %s", async (kind) => {
    const registry = { basic, tokens }[kind];
    const from = await pushed("library/refused", await generateImage({ seed: "refused" }));
    const job = await service.copy(from, `${registry.host}/wrong/image:1`);
    expect(job).toMatchObject({ status: "failed", error: { code: "access-denied", side: "destination", registry: registry.host } });
    expect(await tagsOf(registry, "wrong/image")).toEqual([]);
  });

  test("when the source refuses the credentials", async () => {
    const job = await service.copy(`${basic.host}/wrong/image:1`, `${tokens.host}/refused/image:1`);
    expect(job).toMatchObject({ status: "failed", error: { code: "access-denied", side: "source", registry: basic.host } });
    expect(await tagsOf(tokens, "refused/image")).toEqual([]);
  });

  test("when the job is cancelled, within two seconds, its uploads given back", async () => {
    const image = await generateImage({ seed: "cancel", index: "none", platforms: ["linux/amd64"], layers: [9_000_000, 8_000_000] });
    storeImage(slow, "library/slow", "1", image);
    slow.fail({ method: "GET", path: "/blobs/", times: "always", action: { stallAfter: 2_000_000 } });
    const mark = basic.logs().length;
    const { id } = await service.submit(`${slow.host}/library/slow:1`, `${basic.host}/cancelled/image:1`);
    await slow.requests.waitFor({ method: "GET", path: "/blobs/" }, 3);
    const begun = Date.now();
    const { status } = await service.request("POST", `/jobs/${id}/cancel`);
    const job = await service.jobEnd(id, 5);
    expect(Date.now() - begun).toBeLessThan(2000);
    expect(status).toBe(200);
    expect(job).toMatchObject({ status: "cancelled", error: { code: "cancelled" } });
    expect(await tagsOf(basic, "cancelled/image")).toEqual([]);
    // Every upload that was begun has been committed, or given back.
    await expect
      .poll(async () => {
        const requests = await requestsSince(basic, mark);
        const ends = requests.filter(({ method, status }) => method === "DELETE" || (method === "PUT" && status === 201));
        return [requests.filter(({ method }) => method === "POST").length, ends.length];
      })
      .toEqual([3, 3]);
  });
});

describe("who may do what", () => {
  test("a token copies what its rules allow, and nothing else", async () => {
    const from = await pushed("library/allowed", await generateImage({ seed: "allowed" }));
    expect((await narrow.copy(from, `${basic.host}/allowed/image:1`)).status).toBe("succeeded");
    for (const to of [`${basic.host}/elsewhere/image:1`, `${tokens.host}/allowed/image:1`]) {
      const { status, body } = await narrow.request("POST", "/copy", { source: from, destination: [`${basic.host}/allowed/other:1`, to] });
      expect([status, JSON.parse(body.toString())]).toEqual([403, expect.objectContaining({ code: "forbidden" })]);
    }
    expect(await tagsOf(basic, "allowed/other")).toEqual([]);
  });

  test.for([undefined, secret()])("no token and a wrong one are refused", async (token) => {
    const nobody = new ServiceClient(worker.url, token);
    for (const [method, path] of [["POST", "/copy"] as const, ["GET", "/jobs"] as const]) {
      const { status, body } = await nobody.request(method, path, method === "POST" ? {} : undefined);
      expect([status, JSON.parse(body.toString())]).toEqual([401, expect.objectContaining({ code: "unauthorized" })]);
    }
  });

  // The last test: what all the others were answered is looked through.
  test("no secret is ever told, to callers or to the log", async () => {
    await service.request("GET", "/jobs?limit=100");
    const told = [...service.transcript, ...narrow.transcript, worker.logs()].join("\n");
    const { user, password } = REGISTRY_USER;
    const logins = [password, WRONG_PASSWORD].flatMap((word) => [word, Buffer.from(`${user}:${word}`).toString("base64")]);
    // Every token of the token server begins like this.
    const jsonWebToken = "eyJ";
    for (const canary of [ANY_TOKEN, NARROW_TOKEN, ...logins, jsonWebToken]) {
      expect(told).not.toContain(canary);
    }
    expect(service.transcript.length).toBeGreaterThan(20);
    expect(told).toContain(basic.host);
  });
});
