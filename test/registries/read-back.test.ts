/** Images pushed here are read back by skopeo, an independent client: the generator, the fake and the helpers are what they say. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasDockerRegistry, REGISTRY_USER, startDockerRegistry } from "../support/docker-registry.ts";
import type { Login } from "../support/http.ts";
import { pushImage } from "../support/images/deliver.ts";
import { generateImage, type ImageOptions } from "../support/images/image.ts";
import { sha256 } from "../support/registry/digest.ts";
import { startRegistry } from "../support/registry/server.ts";
import { hasSkopeo, readBack, skopeoInspectRaw } from "../support/skopeo.ts";

interface Running {
  url: string;
  host: string;
  stop: () => Promise<void>;
}

interface Kind {
  name: string;
  start: () => Promise<Running>;
  login?: Login;
  needsBinary?: boolean;
}

const KINDS: readonly Kind[] = [
  {
    name: "fake with tokens",
    login: REGISTRY_USER,
    start: async () => {
      const registry = await startRegistry({ auth: { kind: "bearer", ...REGISTRY_USER }, blobStore: "file" });
      return { url: registry.url, host: registry.host, stop: () => registry.close() };
    },
  },
  { name: "docker-registry", start: () => startDockerRegistry(), needsBinary: true },
  { name: "docker-registry with Basic", start: () => startDockerRegistry({ auth: "htpasswd" }), login: REGISTRY_USER, needsBinary: true },
  { name: "docker-registry with tokens", start: () => startDockerRegistry({ auth: "token" }), login: REGISTRY_USER, needsBinary: true },
];

const IMAGES: readonly (readonly [string, ImageOptions])[] = [
  ["odd JSON, attestations, an empty layer and a large one", { formatting: "odd", attestations: true, layers: [0, 100, 3_000_000] }],
  ["Docker's types", { family: "docker" }],
  ["one platform", { index: "none", platforms: ["linux/amd64"] }],
];

describe.each(KINDS)("$name", ({ start, login, needsBinary }) => {
  const missing = [...(hasSkopeo() ? [] : ["skopeo"]), ...(needsBinary && !hasDockerRegistry() ? ["docker-registry"] : [])];
  let running: Running | undefined;

  beforeAll(async () => {
    running = missing.length === 0 ? await start() : undefined;
  });
  afterAll(() => running?.stop());

  test.for(IMAGES)("%s", async ([, options], { skip }) => {
    const { url, host } = running ?? skip(`not on the PATH: ${missing.join(", ")}`);
    const image = await generateImage({ seed: "read back", ...options });
    await pushImage(url, "a/b", "tag", image, login);
    const reference = `${host}/a/b:tag`;
    expect(sha256(await skopeoInspectRaw(reference, login))).toBe(image.root.digest);
    const back = await readBack(reference, login);
    expect(back.digest).toBe(image.root.digest);
    expect([...back.manifests.keys()].sort()).toEqual(image.manifests.map(({ digest }) => digest).sort());
    expect(back.blobs).toEqual(new Map(image.blobs.map(({ digest, content }) => [digest, content.size])));
  });
});
