/** Quirks of layers whose descriptors name another place, where copies of them are asked for: who is asked there, and as whom. */
import { describe, expect, it } from "vitest";
import type { JobDocument } from "../../src/jobs/document.ts";
import { OCI_MANIFEST } from "../../src/oci/media-types.ts";
import { expectArrived } from "../support/copied-image.ts";
import { copy, freshName, registry, twoRegistries } from "../support/copy-service.ts";
import type { AuthOptions } from "../support/registry/auth.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";
import { PASSWORD, USER } from "../support/worker-variables.ts";

const LAYER = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
const CONFIG = "application/vnd.oci.image.config.v1+json";

// The Worker has this login for each of the registries, so whoever wants it could get it.
const BASIC: AuthOptions = { kind: "basic", user: USER, password: PASSWORD };
const BEARER: AuthOptions = { kind: "bearer", user: USER, password: PASSWORD };

const encode = (text: string) => new TextEncoder().encode(text);

async function putBlob(at: RemoteRegistry, name: string, mediaType: string, text: string) {
  const bytes = encode(text);
  return { mediaType, digest: await at.putBlob(name, bytes), size: bytes.byteLength };
}

/** Puts an image whose layer is not at `from`, but in a repository of `place`; by its URL at `via`, where that is another one. */
async function putForeign(from: RemoteRegistry, place: RemoteRegistry, via = place) {
  const name = freshName();
  const theirs = freshName();
  const config = await putBlob(from, name, CONFIG, `{"of":"${name}"}`);
  const stored = await putBlob(place, theirs, LAYER, `layer of ${name}`);
  const path = `/v2/${theirs}/blobs/${stored.digest}`;
  const layer = { ...stored, urls: [`${via.url}${path}`] };
  const bytes = encode(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer] }));
  const manifest = { mediaType: OCI_MANIFEST, digest: await from.putManifest(name, "1", OCI_MANIFEST, bytes), size: bytes.byteLength };
  return { name, theirs, path, image: { manifests: [manifest], blobs: [config, layer] } };
}

function copyAll(name: string, from: RemoteRegistry, to: RemoteRegistry): Promise<JobDocument> {
  return copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`, { foreignLayers: "copy" });
}

/** The logins that requests to a path came with. */
async function loginsAt(at: RemoteRegistry, path: string): Promise<(string | undefined)[]> {
  return (await at.requests({ path })).map(({ headers }) => headers.authorization);
}

describe("a layer that the source lacks", () => {
  it("Q52, Q68 is fetched from its URL, without the source's login", async () => {
    const [from, to] = await twoRegistries({ auth: BASIC });
    const place = await registry();
    const { name, path, image } = await putForeign(from, place);
    expect(await copyAll(name, from, to)).toMatchObject({ status: "succeeded" });
    await expectArrived(image, { at: from, name }, { at: to, name });
    expect(await loginsAt(place, path)).toEqual([undefined]);
  });

  it.each<[string, "source" | "destination" | "other", AuthOptions, string]>([
    ["another registry that wants Basic", "other", BASIC, "access-denied"],
    ["another registry that wants a token from elsewhere", "other", BEARER, "address-refused"],
    ["the source itself, which wants Basic", "source", BASIC, "access-denied"],
    ["the source itself, which wants a token", "source", BEARER, "address-refused"],
    ["the destination, which wants Basic", "destination", BASIC, "access-denied"],
  ])("Q52 is not fetched with a login from %s", async (_, where, auth, code) => {
    const from = await registry(where === "source" ? { auth } : {});
    const to = await registry(where === "destination" ? { auth } : {});
    const place = { source: from, destination: to, other: await registry({ auth }) }[where];
    const { name, path } = await putForeign(from, place);
    const job = await copyAll(name, from, to);
    expect(job).toMatchObject({ status: "failed", error: { code, side: "source" } });
    expect(new Set(await loginsAt(place, path))).toEqual(new Set([undefined]));
    // A source's own token is for the image's repository.
    const scopes = (await place.requests({ server: "token" })).map(({ query }) => new URLSearchParams(query).get("scope"));
    expect(scopes).toEqual(where === "source" && auth.kind === "bearer" ? [`repository:${name}:pull`] : []);
    expect(await to.tags(name)).toEqual({});
  });

  it("Q24, Q52 is not fetched with the token that the Worker has for the place of its URL, but for another job", async () => {
    const [from, to] = await twoRegistries({ auth: BEARER });
    const { name, theirs, path } = await putForeign(from, from);
    await from.putImage(theirs, "1", { seed: "theirs", platforms: ["linux/amd64"], index: "none" });
    expect(await copyAll(theirs, from, to)).toMatchObject({ status: "succeeded" });
    expect(await copyAll(name, from, to)).toMatchObject({ status: "failed", error: { code: "address-refused", side: "source" } });
    expect(new Set(await loginsAt(from, path))).toEqual(new Set([undefined]));
  });

  it("Q52 is not fetched with a login where its URL leads on to the source", async () => {
    const [from, to] = await twoRegistries({ auth: BASIC });
    const via = await registry();
    const { name, path } = await putForeign(from, from, via);
    await via.fail({ times: "always", action: { redirectTo: `${from.url}{path}` } });
    expect(await copyAll(name, from, to)).toMatchObject({ status: "failed", error: { code: "access-denied", side: "source" } });
    expect(new Set(await loginsAt(from, path))).toEqual(new Set([undefined]));
  });

  // Last, since what it brings is kept for the place, and may be sent there again.
  it("Q52 is fetched with nobody's token where its own place gives one", async () => {
    const [from, to] = await twoRegistries();
    const place = await registry({
      auth: {
        ...BEARER,
        kind: "bearer",
        anonymous: [{ repository: "*", actions: ["pull"] }],
        challenge: 'Bearer realm="/token",service="{service}",scope="{scope}"',
      },
    });
    const { name, image } = await putForeign(from, place);
    expect(await copyAll(name, from, to)).toMatchObject({ status: "succeeded" });
    await expectArrived(image, { at: from, name }, { at: to, name });
    expect(await loginsAt(place, "/token")).toEqual([undefined]);
  });
});
