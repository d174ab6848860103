/**
 * Every way in which an address comes from outside, with every address that must not be gone to. Each is refused before a connection is opened: a
 * listener counts them, and the runtime's own `fetch` is watched for hosts that nobody may ask.
 */
import { beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import type { JobDocument, Problem } from "../../src/jobs/document.ts";
import { api, copy, freshName, jobEnd, registry, twoRegistries } from "../support/copy-service.ts";
import { HOSTILE_ADDRESSES, HOSTILE_HOSTS, HOSTILE_SAMPLE, type HostileAddress } from "../support/hostile-addresses.ts";
import type { FaultAction, FaultRule } from "../support/registry/faults.ts";
import type { RemoteRegistry } from "../support/registry/remote.ts";
import { openName } from "../support/worker-variables.ts";

/** An image of one manifest. */
const ONE = { index: "none", platforms: ["linux/amd64"], layers: [10] } as const;

const trap = inject("trap");
const allowed = new Set<string>();
const asked = new Set<string>();

/** Connections to the trap so far. */
async function connections(): Promise<number> {
  return Number(await (await fetch(trap.countUrl)).text());
}

beforeAll(() => {
  const hosts = [...inject("registries"), inject("hookPeers").source, inject("hookPeers").destination];
  for (const { host, tokenHost, storageHost } of hosts) {
    allowed.add(host).add(tokenHost).add(storageHost);
  }
  allowed.add(new URL(inject("farm")).host).add(new URL(trap.countUrl).host);
});

beforeEach(() => {
  asked.clear();
  const real = globalThis.fetch;
  const spy = vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    asked.add(new URL(input instanceof Request ? input.url : String(input)).host);
    return real(input, init);
  });
  return () => spy.mockRestore();
});

const inTrap = (text: string) => text.replaceAll("{trap}", String(trap.port));

/** Runs all of them at once, and gives what became of each by what is tried. */
async function outcomes<T extends { what: string }>(
  all: readonly T[],
  run: (one: T, name: string) => Promise<string>,
): Promise<Record<string, string>> {
  const before = await connections();
  const found = await Promise.all(all.map(async (one) => [one.what, await run(one, freshName())] as const));
  expect(await connections()).toBe(before);
  expect([...asked].filter((host) => !allowed.has(host))).toEqual([]);
  return Object.fromEntries(found);
}

/** What has to become of each: refused as an address, or as no address. */
function refusals(all: readonly HostileAddress[], unreadable: string, relative = "address-refused"): Record<string, string> {
  return Object.fromEntries(all.map((one) => [one.what, one.unreadable ? unreadable : one.relative ? relative : "address-refused"]));
}

function codeOf({ status, error }: JobDocument): string {
  return status === "failed" ? (error?.code ?? "no error") : status;
}

/** A fault that every request to a repository meets. */
function always(name: string, action: FaultAction, more: Partial<FaultRule> = {}): FaultRule {
  return { path: `/v2/${name}/`, times: "always", action, ...more };
}

describe("a reference", () => {
  const hosts = HOSTILE_HOSTS.map(([what, refusedAs]) => ({ what, refusedAs }));
  const expected = Object.fromEntries(HOSTILE_HOSTS);

  async function refusedAs(body: object): Promise<string> {
    const response = await api("POST", "/copy", body, { prefer: "wait=15" });
    const answer: unknown = await response.json();
    return response.status === 422 ? (answer as Problem).code : codeOf(answer as JobDocument);
  }

  test("as the source", async () => {
    const to = await registry();
    const found = await outcomes(hosts, ({ what }, name) =>
      refusedAs({ source: `${inTrap(what)}/a/b:1`, destination: `${to.host}/${name}:1` }),
    );
    expect(found).toEqual(expected);
    expect(await to.writes()).toEqual([]);
  });

  test("as the destination", async () => {
    const from = await registry();
    await from.putImage("any", "1", ONE);
    const found = await outcomes(hosts, ({ what }) => refusedAs({ source: `${from.host}/any:1`, destination: `${inTrap(what)}/a/b:1` }));
    expect(found).toEqual(expected);
  });
});

describe("what a source answers", () => {
  test("a redirect of the manifest", async () => {
    const [from, to] = await twoRegistries();
    const found = await outcomes(HOSTILE_ADDRESSES, async ({ url }, name) => {
      await from.fail(always(name, { redirectTo: inTrap(url) }));
      return codeOf(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`));
    });
    expect(found).toEqual(refusals(HOSTILE_ADDRESSES, "registry-unavailable"));
  });

  test("a redirect of a blob", async () => {
    const [from, to] = await twoRegistries();
    const found = await outcomes(HOSTILE_SAMPLE, async ({ url }, name) => {
      await from.putImage(name, "1", ONE);
      await from.fail(always(name, { redirectTo: inTrap(url) }, { path: `/v2/${name}/blobs/` }));
      return codeOf(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`));
    });
    expect(found).toEqual(refusals(HOSTILE_SAMPLE, "registry-unavailable"));
    expect(Object.values(await to.writes()).filter(({ kind }) => kind !== "blob")).toEqual([]);
  });

  test("a chain of redirects that turns bad at the third hop", async () => {
    const [from, to] = await twoRegistries();
    const found = await outcomes(HOSTILE_SAMPLE, async ({ url }, name) => {
      await from.fail(always(name, { redirectTo: `http://${from.storageHost}/one/${name}/` }));
      await from.fail(
        always(name, { redirectTo: `http://${from.storageHost}/two/${name}/` }, { server: "storage", path: `/one/${name}/` }),
      );
      await from.fail(always(name, { redirectTo: inTrap(url) }, { server: "storage", path: `/two/${name}/` }));
      return codeOf(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`));
    });
    expect(found).toEqual(refusals(HOSTILE_SAMPLE, "registry-unavailable"));
    expect((await from.requests({ server: "storage" })).filter(({ headers }) => "authorization" in headers)).toEqual([]);
  });

  test("a token realm", async () => {
    const [from, to] = await twoRegistries();
    const found = await outcomes(HOSTILE_ADDRESSES, async ({ url }, name) => {
      const challenge = `Bearer realm="${inTrap(url).replaceAll("\\", "\\\\")}",service="s"`;
      await from.fail(always(name, { status: 401, headers: { "www-authenticate": challenge } }));
      return codeOf(await copy(`${openName(from.host)}/${name}:1`, `${to.host}/${name}:1`));
    });
    expect(found).toEqual(refusals(HOSTILE_ADDRESSES, "access-denied"));
  });

  test("a redirect of the token server", async () => {
    const [from, to] = await twoRegistries({ auth: { kind: "bearer" } });
    const found = await outcomes(HOSTILE_SAMPLE, async ({ url }, name) => {
      await from.fail({ server: "token", path: encodeURIComponent(`:${name}:`), times: "always", action: { redirectTo: inTrap(url) } });
      return codeOf(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`));
    });
    expect(found).toEqual(refusals(HOSTILE_SAMPLE, "registry-unavailable"));
  });

  test("another registry of the operator's as a token realm, which gets no credential", async () => {
    const [from, to] = await twoRegistries();
    const other = await registry();
    for (const registryName of [from.host, openName(from.host)]) {
      const name = freshName();
      await from.fail(
        always(name, { status: 401, headers: { "www-authenticate": `Bearer realm="http://${other.host}/token",service="s"` } }),
      );
      expect(codeOf(await copy(`${registryName}/${name}:1`, `${to.host}/${name}:1`))).toBe("address-refused");
    }
    expect(await other.requests()).toEqual([]);
  });

  test("another registry of the operator's as the target of a redirect, which gets no credential", async () => {
    const [from, to] = await twoRegistries();
    const other = await registry({ auth: { kind: "basic", user: "ship", password: "fleet:7" } });
    const name = freshName();
    await from.fail(always(name, { redirectTo: `http://${other.host}/v2/secret/manifests/1` }));
    expect(codeOf(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`))).toBe("access-denied");
    expect((await other.requests()).filter(({ headers, status }) => "authorization" in headers || status !== 401)).toEqual([]);
  });

  test("the next page of a list, which is asked for here whatever its host", async () => {
    const [from, to] = await twoRegistries();
    const links = HOSTILE_SAMPLE.filter(({ url }) => !url.includes("\\"));
    const found = await outcomes(links, async ({ url }, name) => {
      const { digest } = await from.putImage(name, "1", ONE);
      await from.fail({ path: `/v2/${name}/referrers/`, times: "always", action: { headers: { link: `<${inTrap(url)}>; rel="next"` } } });
      const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`, { referrers: true });
      return job.digest === digest ? "read" : "not read";
    });
    expect(new Set(Object.values(found))).toEqual(new Set(["read"]));
  });

  test("the URL of a foreign layer", async () => {
    const [from, to] = await twoRegistries();
    const found = await outcomes(HOSTILE_SAMPLE, async ({ url }, name) => {
      await putForeign(from, name, inTrap(url));
      return codeOf(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`, { foreignLayers: "copy" }));
    });
    expect(found).toEqual(refusals(HOSTILE_SAMPLE, "manifest-invalid", "manifest-invalid"));
  });

  test("a private registry in the URL of a foreign layer, from another one", async () => {
    const [from, to] = await twoRegistries();
    const other = await registry({ auth: { kind: "basic", user: "ship", password: "fleet:7" } });
    const name = freshName();
    await putForeign(from, name, `http://${other.host}/v2/secret/blobs/1`);
    expect(codeOf(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`, { foreignLayers: "copy" }))).not.toBe("succeeded");
    expect((await other.requests()).filter(({ headers }) => "authorization" in headers)).toEqual([]);
  });
});

describe("what a destination answers", () => {
  test("the place of an upload", async () => {
    const [from, to] = await twoRegistries();
    const found = await outcomes(HOSTILE_ADDRESSES, async ({ url }, name) => {
      await from.putImage(name, "1", ONE);
      await to.fail(always(name, { status: 202, headers: { location: inTrap(url) } }, { method: "POST" }));
      return codeOf(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`));
    });
    expect(found).toEqual(refusals(HOSTILE_ADDRESSES, "destination-refused"));
  });

  test("a redirect of the manifest that is put", async () => {
    const [from, to] = await twoRegistries();
    const found = await outcomes(HOSTILE_SAMPLE, async ({ url }, name) => {
      await from.putImage(name, "1", ONE);
      await to.fail(always(name, { redirectTo: inTrap(url) }, { method: "PUT", path: `/v2/${name}/manifests/` }));
      return codeOf(await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`));
    });
    expect(found).toEqual(refusals(HOSTILE_SAMPLE, "registry-unavailable"));
  });
});

describe("what a caller gives", () => {
  test("the URL of a callback", async () => {
    const found = await outcomes(HOSTILE_ADDRESSES, async ({ url }, name) => {
      const body = { source: `docker.io/${name}:1`, destination: `ghcr.io/${name}:1`, callback: { url: inTrap(url) } };
      const response = await api("POST", "/copy", body);
      const { errors } = (await response.json()) as Problem;
      return `${response.status} ${errors?.map(({ pointer }) => pointer)}`;
    });
    expect(new Set(Object.values(found))).toEqual(new Set(["422 #/callback/url"]));
  });

  test("the host in a registry's webhook", async () => {
    const hosts = HOSTILE_HOSTS.map(([what]) => ({ what }));
    const found = await outcomes(hosts, async ({ what }, name) => {
      const target = { mediaType: "application/vnd.oci.image.index.v1+json", repository: name, tag: "1" };
      const event = { id: name, action: "push", target, request: { host: inTrap(what) } };
      const headers = { authorization: "Bearer It's a Secret to Everybody" };
      // A job that could not be stored at once is told of in the next delivery of the same event, as senders make it.
      for (;;) {
        const response = await api("POST", "/hooks/distribution-envelope-v2", { events: [event] }, headers);
        const { jobs = [], pending = 0, ignored } = (await response.json()) as { jobs?: string[]; pending?: number; ignored: object[] };
        const [path] = jobs;
        if (path !== undefined || pending === 0) {
          return path === undefined ? `${response.status} ignored ${ignored.length}` : codeOf(await jobEnd(path.split("/").at(-1) ?? ""));
        }
      }
    });
    expect(found).toEqual(Object.fromEntries(HOSTILE_HOSTS.map(([what, as]) => [what, as === "invalid-request" ? "200 ignored 1" : as])));
  });
});

/** Puts an image with one layer that is only to be had at a URL. */
async function putForeign(at: RemoteRegistry, name: string, url: string): Promise<void> {
  const config = new TextEncoder().encode("{}");
  const digest = await at.putBlob(name, config);
  const layer = {
    mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    digest: `sha256:${"a".repeat(64)}`,
    size: 10,
    urls: [url],
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: 2 },
    layers: [layer],
  };
  await at.putManifest(name, "1", manifest.mediaType, new TextEncoder().encode(JSON.stringify(manifest)));
}
