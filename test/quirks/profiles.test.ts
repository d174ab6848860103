/**
 * Copies to the fake registry in the part of each registry that there is a profile for, through the whole Worker: nothing fails first, and every
 * request is counted. The README has the same counts.
 */
import { describe, expect, inject, it } from "vitest";
import type { ProfileName } from "../../src/registry/profiles.ts";
import { expectArrived, expectNoUploads } from "../support/copied-image.ts";
import { copy, freshName, kindsOf, registry } from "../support/copy-service.ts";
import { RemoteRegistry } from "../support/registry/remote.ts";
import { layerOf, PLAYERS } from "./players.ts";

const NAMES = Object.keys(PLAYERS) as ProfileName[];

/** The registry in a part, as the Worker knows it by its profile. */
async function playing(name: ProfileName): Promise<RemoteRegistry> {
  const hosts = inject("profiles")[name];
  if (hosts === undefined) {
    throw new Error(`no registry stands by for ${name}`);
  }
  const { auth, quirks } = PLAYERS[name];
  const at = new RemoteRegistry(hosts);
  await at.reset({ auth, quirks });
  return at;
}

/** Config, two small layers and a large one; one manifest. */
const imageFor = (name: ProfileName) => ({
  seed: name,
  platforms: ["linux/amd64"],
  index: "none" as const,
  layers: [1_000, 200_000, layerOf(PLAYERS[name])],
});

/** Requests as the README's table has them. */
function rowOf(kinds: Record<string, number>): number[] {
  const sum = (pattern: RegExp) =>
    Object.entries(kinds)
      .filter(([kind]) => pattern.test(kind))
      .reduce((total, [, count]) => total + count, 0);
  return [sum(/ (tag|manifest)$/), sum(/^HEAD blob/), sum(/^POST/), sum(/^PATCH/), sum(/^PUT upload/), sum(/ token$| \/v2\/$/)];
}

describe("a new image of four blobs is sent to", () => {
  it.each(NAMES)("%s, with no request per blob but HEAD, POST, PUT and the chunks, and none in vain", async (name) => {
    const from = await registry();
    const to = await playing(name);
    const path = freshName();
    const image = await from.putImage(path, "1", imageFor(name));

    const job = await copy(`${from.host}/${path}:1`, `${to.host}/${path}:1`);

    expect(job).toMatchObject({ status: "succeeded", digest: image.digest, progress: { blobs: { copied: 4 } } });
    expect(await to.tags(path)).toEqual({ 1: image.digest });
    await expectNoUploads(to);
    const requests = await to.requests();
    // The registry has looked at every blob's digest itself.
    // 401: the login is asked for once. 404: whether something is there. 403: Artifactory's for a manifest that is not.
    const inVain = requests.filter(({ method, status }) => status >= 400 && status !== 401 && !(status === 404 && method !== "PUT"));
    expect(inVain.map(({ method, path: asked, status }) => `${method} ${asked} ${status}`)).toEqual(
      name === "artifactory-6" ? [`HEAD /v2/${path}/manifests/1 403`] : [],
    );
    const done = requests.filter(({ status }) => status !== 401);
    const [manifests, heads, posts, patches, puts, logins] = rowOf(kindsOf(done));
    const refused = requests.length - done.length;
    expect({ heads, posts, patches, puts }).toEqual({ heads: 4, posts: 4, patches: patchesOf(name), puts: 4 });
    expect(refused + (logins ?? 0)).toBeLessThanOrEqual(3);
    const row = [manifests, heads, posts, patches, puts, refused + (logins ?? 0)];
    expect(readme(name)).toEqual([...row, requests.length]);
  });
});

/** Every blob in a PATCH of its own, or the large one in chunks. */
function patchesOf(name: ProfileName): number {
  const { chunks = 0 } = PLAYERS[name];
  return name === "artifactory-6" ? 4 : chunks;
}

/** The counts in the README's row of a profile. */
function readme(name: ProfileName): number[] {
  const row = inject("readme").find((line) => line.startsWith(`| \`${name}\` | `) && /(\| \d+ ){7}\|$/.test(line));
  return (row ?? "").split("|").slice(2, -1).map(Number);
}

describe("an upload that broke off", () => {
  // What is left of the layer is more than either takes at once.
  it.each<ProfileName>(["ecr", "ghcr"])("Q87, Q91, Q92 goes on in the chunks that %s takes", async (name) => {
    const from = await registry();
    const to = await playing(name);
    const path = freshName();
    const image = await from.putImage(path, "1", { ...imageFor(name), layers: [16 * 1024 * 1024 + 5] });
    await to.fail({ method: "PUT", path: "uploads", action: { resetRequestAfter: 6_500_000 } });

    const job = await copy(`${from.host}/${path}:1`, `${to.host}/${path}:1`);

    expect(job.status).toBe("succeeded");
    await expectArrived(image, { at: from, name: path }, { at: to, name: path });
    const refused = (await to.requests({ path: "uploads" })).filter(({ status }) => status >= 400 && status !== 401);
    expect(refused.map(({ method, status }) => `${method} ${status}`)).toEqual([]);
  });
});
