/** Copies between registries that want a login: how often it is asked for, and that nobody gets what is not theirs. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { workerEffects } from "../../src/jobs/worker-effects.ts";
import { MANIFEST_ACCEPT } from "../../src/oci/media-types.ts";
import { endpointFor } from "../../src/registry/endpoint.ts";
import { TokenCache } from "../../src/registry/token-cache.ts";
import { createTransport } from "../../src/registry/transport.ts";
import { expectArrived } from "../support/copied-image.ts";
import { api, copy, freshName, registry, twoRegistries } from "../support/copy-service.ts";
import type { RegistryOptions } from "../support/registry/fake-registry.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";
import { PASSWORD, USER } from "../support/worker-variables.ts";

const BASIC: RegistryOptions = { auth: { kind: "basic", user: USER, password: PASSWORD } };
const BEARER: RegistryOptions = { auth: { kind: "bearer", user: USER, password: PASSWORD } };

/** Puts an index over two platforms: three manifests, five blobs, one of them of several reads. */
async function putImage(at: RemoteRegistry) {
  const name = freshName();
  return { name, image: await at.putImage(name, "1.0", { seed: "login", layers: [2_500_000, 100] }) };
}

/** Requests that were turned away for want of a login, and those for a token, as `GET 200` with what they asked for. */
async function logins(at: RemoteRegistry): Promise<{ refused: number; tokens: string[] }> {
  const refused = (await at.requests({ server: "registry" })).filter(({ status }) => status === 401);
  const tokens = await at.requests({ server: "token" });
  const scopes = tokens.map(({ method, query, status }) => `${method} ${status} ${new URLSearchParams(query).getAll("scope").join(" ")}`);
  return { refused: refused.length, tokens: scopes };
}

describe("with Basic on both sides", () => {
  test("each registry is asked once, and every further request has the login", async () => {
    const [from, to] = await twoRegistries(BASIC, BASIC);
    const { name, image } = await putImage(from);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);

    expect(job).toMatchObject({ status: "succeeded", progress: { blobs: { copied: 5 } } });
    await expectArrived(image, { at: from, name }, { at: to, name });
    expect([await logins(from), await logins(to)]).toEqual([
      { refused: 1, tokens: [] },
      { refused: 1, tokens: [] },
    ]);
  });
});

describe("with Bearer on both sides", () => {
  test("one token each serves the job and all its carriers", async () => {
    const [from, to] = await twoRegistries(BEARER, BEARER);
    const { name, image } = await putImage(from);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);

    expect(job).toMatchObject({ status: "succeeded", progress: { blobs: { copied: 5 } } });
    await expectArrived(image, { at: from, name }, { at: to, name });
    expect(await logins(from)).toEqual({ refused: 1, tokens: [`GET 200 repository:${name}:pull`] });
    expect(await logins(to)).toEqual({ refused: 1, tokens: [`GET 200 repository:${name}:pull,push`] });

    await Promise.all([from.clearRequests(), to.clearRequests()]);
    expect(await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`)).toMatchObject({ status: "succeeded" });
    expect([(await from.requests()).length, (await to.requests()).length]).toEqual([1, 1]);
  });

  test("eight processes that want the same token at once cost one token request", async () => {
    const at = await registry(BEARER);
    const { name } = await putImage(at);
    const link = env.REGISTRY_HOSTS.getByName(at.host);
    const send = () =>
      createTransport({
        endpoint: endpointFor(at.host, { http: true, private: true }, "source"),
        effects: workerEffects,
        permits: () => ({ http: true, private: true }),
        realms: [at.tokenHost],
        credentials: { id: at.host, username: USER, password: PASSWORD },
        // What a process of its own has: nothing.
        tokens: new TokenCache(),
        shared: {
          take: async (key, marginMs, refused) => (await link.takeToken(key, marginMs, refused ?? null)) ?? undefined,
          give: async (key, issued) => await link.giveToken(key, issued ?? null),
        },
      }).send({
        method: "HEAD",
        url: new URL(`http://${at.host}/v2/${name}/manifests/1.0`),
        headers: { accept: MANIFEST_ACCEPT },
        scopes: [{ repository: name, actions: ["pull"] }],
      });

    const answers = await Promise.all(Array.from({ length: 8 }, send));

    expect(answers.map(({ response }) => response.status)).toEqual(answers.map(() => 200));
    expect((await logins(at)).tokens).toEqual([`GET 200 repository:${name}:pull`]);
    // A token that has ended is got anew by one of them only.
    await at.expire("tokens");
    await at.clearRequests();
    const again = await Promise.all(Array.from({ length: 4 }, send));
    expect(again.map(({ response }) => response.status)).toEqual(again.map(() => 200));
    expect((await logins(at)).tokens).toEqual([`GET 200 repository:${name}:pull`]);
  });

  test("tokens that are ended in the middle are renewed", async () => {
    const [from, to] = await twoRegistries(BEARER, BEARER);
    const { name, image } = await putImage(from);
    await to.fail({ method: "PUT", path: "/manifests/", action: { hold: name } });
    const copying = copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
    await to.waitForRequests({ method: "PUT", path: "/manifests/" });
    await to.expire("tokens");
    await to.release(name);

    expect(await copying).toMatchObject({ status: "succeeded" });
    await expectArrived(image, { at: from, name }, { at: to, name });
    expect((await logins(to)).tokens.length).toBe(2);
  });

  test("a mount asks for a token that allows to read the source as well", async () => {
    const at = await registry(BEARER);
    const { name, image } = await putImage(at);
    const mirror = freshName();

    const job = await copy(`${at.host}/${name}:1.0`, `${at.host}/${mirror}:1.0`);

    expect(job).toMatchObject({ status: "succeeded", progress: { blobs: { mounted: 5 } } });
    await expectArrived(image, { at, name }, { at, name: mirror });
    const mounts = await at.requests({ method: "POST", path: "mount=" });
    expect(mounts.filter(({ status }) => status === 201)).toHaveLength(5);
    expect((await logins(at)).tokens).toContainEqual(
      expect.stringMatching(new RegExp(`${mirror}:pull,push.*${name}:pull|${name}:pull.*${mirror}`)),
    );
  });

  test("a user who may not write is denied, and nothing is written", async () => {
    const [from, to] = await twoRegistries(BEARER, {
      auth: { ...BEARER.auth, kind: "bearer", grants: [{ repository: "*", actions: ["pull"] }] },
    });
    const { name } = await putImage(from);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);

    expect(job).toMatchObject({ status: "failed", error: { code: "access-denied", side: "destination", registry: to.host } });
    expect(await to.writes()).toEqual([]);
    expect(await from.requests({ method: "GET", path: "/blobs/sha256" })).toSatisfy((reads: unknown[]) => reads.length <= 5);
  });
});

describe("a login", () => {
  test("goes to its own registry only, not to the storage that this redirects to", async () => {
    const [from, to] = await twoRegistries(
      { ...BASIC, quirks: { blobRedirect: { status: 307 } } },
      { quirks: { uploadLocation: "other-host" } },
    );
    const { name, image } = await putImage(from);

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);

    expect(job).toMatchObject({ status: "succeeded" });
    await expectArrived(image, { at: from, name }, { at: to, name });
    const elsewhere = [...(await from.requests({ server: "storage" })), ...(await to.requests({ server: "storage" }))];
    expect(elsewhere.length).toBeGreaterThanOrEqual(10);
    expect(elsewhere.filter(({ headers }) => "authorization" in headers)).toEqual([]);
  });

  test("or token that the registry's answer quotes stands in no job, list or event", async () => {
    const [from, to] = await twoRegistries(BEARER);
    const { name } = await putImage(from);
    const token = "t0ken-0f-this-c0py";
    const secrets = [PASSWORD, encodeURIComponent(PASSWORD), btoa(`${USER}:${PASSWORD}`), token];
    const message = `told me ${secrets.join(" and ")}, which is not enough`;
    await from.fail({ server: "token", times: "always", action: { status: 200, body: { token, expires_in: 300 } } });
    // What comes without a token is asked for one.
    await from.fail({
      path: "/manifests/",
      skip: 1,
      times: "always",
      action: { status: 403, body: { errors: [{ code: "DENIED", message }] } },
    });

    const failed = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);

    expect(failed).toMatchObject({ status: "failed", error: { code: "access-denied", upstream: { status: 403 } } });
    const paths = [`/jobs/${failed.id}`, `/jobs/${failed.id}/events`, "/jobs"];
    const shown = [JSON.stringify(failed), ...(await Promise.all(paths.map(async (path) => (await api("GET", path)).text())))];
    for (const text of shown) {
      expect(text).toContain("told me … and … and … and …, which is not enough");
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    }
  });

  test("stands in no job, list or event", async () => {
    const [from, to] = await twoRegistries({ auth: { kind: "basic", user: USER, password: "another" } }, BASIC);
    const { name } = await putImage(from);
    const failed = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
    expect(failed).toMatchObject({ status: "failed", error: { code: "access-denied", upstream: { status: 401 } } });
    const shown = await Promise.all(
      [`/jobs/${failed.id}`, `/jobs/${failed.id}/events`, "/jobs"].map(async (path) => (await api("GET", path)).text()),
    );
    for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), btoa(`${USER}:${PASSWORD}`)]) {
      expect(shown.join("\n")).not.toContain(secret);
    }
  });
});
