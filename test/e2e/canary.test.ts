/**
 * A secret of its own in every credential; then copies that succeed, fail, and are told on by registries that quote whatever they are sent. None of the
 * secrets may be found where it has no business.
 */
import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACR, ECR, GAR, type Sky, startSky } from "../support/clouds/sky.ts";
import { type EchoHost, startEchoHost } from "../support/echo-host.ts";
import { storeImage } from "../support/images/deliver.ts";
import { generateImage } from "../support/images/image.ts";
import type { FakeRegistry } from "../support/registry/fake-registry.ts";
import { startRegistry } from "../support/registry/server.ts";
import { ServiceClient } from "../support/service-client.ts";
import { type RunningWorker, startWorker } from "../support/workerd.ts";

const secret = (name: string): string => `canary-${name}-${randomBytes(12).toString("hex")}`;

/** By what it is for. */
const SECRETS = {
  authPassword: secret("auth"),
  plainPassword: secret("plain"),
  identityToken: secret("identity"),
  registryToken: secret("registry"),
  apiToken: secret("api"),
  serverToken: secret("server"),
  uploadSignature: secret("upload"),
  redirectSignature: secret("redirect"),
  callbackKey: randomBytes(32).toString("base64"),
};

/** The one that rows may hold: where an upload goes on has to outlive the process (README). */
const IN_ROWS = ["uploadSignature"];

const AUTH_KINDS = ["auth", "plain", "identity", "registry"] as const;

let sky: Sky;
let source: FakeRegistry;
let destination: FakeRegistry;
/** Quotes every request in its answer, as one registry for each kind of credential would. */
const quoting = new Map<(typeof AUTH_KINDS)[number], EchoHost>();
/** Gives a token, and quotes it ever after. */
let tokenServer: EchoHost;
/** Where redirects and uploads lead to, and callbacks go. */
let elsewhere: EchoHost;
let worker: RunningWorker;
let service: ServiceClient;

beforeAll(async () => {
  [sky, source, destination] = await Promise.all([startSky(), startRegistry(), startRegistry()]);
  elsewhere = await startEchoHost((request) => ({ status: /^(POST|PATCH|PUT) \/upload/.test(request) ? 403 : 404, body: request }));
  tokenServer = await startEchoHost(() => ({ status: 200, body: JSON.stringify({ token: SECRETS.serverToken }) }));
  for (const kind of AUTH_KINDS) {
    const challenge =
      kind === "plain" || kind === "identity" ? `Bearer realm="${tokenServer.url}/token",service="s"` : `Basic realm="${kind}"`;
    quoting.set(
      kind,
      await startEchoHost((request) => {
        const status = /\nauthorization\n/i.test(request) ? 403 : 401;
        const errors = [{ code: "DENIED", message: `not ${credentialIn(request)}`, detail: request }];
        return { status, headers: { "www-authenticate": challenge }, body: JSON.stringify({ errors }) };
      }),
    );
  }
  const permit = { http: true, private: true };
  const hostOf = (kind: (typeof AUTH_KINDS)[number]) => quoting.get(kind)?.host ?? "";
  const { REGISTRIES, REGISTRY_AUTH, ...vars } = sky.vars;
  worker = await startWorker({
    vars: {
      ...vars,
      API_TOKENS: [{ name: "ci", sha256: createHash("sha256").update(SECRETS.apiToken).digest("hex") }],
      CALLBACK_SECRET: `whsec_${SECRETS.callbackKey}`,
      PATIENCE_SECONDS: "1",
      REGISTRIES: {
        ...REGISTRIES,
        ...Object.fromEntries([source.host, destination.host, elsewhere.host].map((host) => [host, permit])),
        ...Object.fromEntries(AUTH_KINDS.map((kind) => [hostOf(kind), { ...permit, realms: [tokenServer.host] }])),
      },
      REGISTRY_AUTH: {
        ...REGISTRY_AUTH,
        auths: {
          [hostOf("auth")]: { auth: Buffer.from(`user:${SECRETS.authPassword}`).toString("base64") },
          [hostOf("plain")]: { username: "user", password: SECRETS.plainPassword },
          [hostOf("identity")]: { identitytoken: SECRETS.identityToken },
          [hostOf("registry")]: { registrytoken: SECRETS.registryToken },
          [source.host]: { username: "user", password: SECRETS.plainPassword },
          [destination.host]: { username: "user", password: SECRETS.plainPassword },
        },
      },
    },
  });
  service = new ServiceClient(worker.url, SECRETS.apiToken);
  const image = await generateImage({ seed: "canary", layers: [100_000, 10] });
  for (const name of ["library/app", "library/redirected"]) {
    storeImage(source, name, "1", image);
  }
});

afterAll(async () => {
  await worker?.stop();
  await Promise.all([sky, source, destination, tokenServer, elsewhere, ...quoting.values()].map((one) => one?.close()));
});

/** What a request was sent with, in the plainest words: nothing about it tells that it is a credential. */
function credentialIn(request: string): string {
  const [, word = ""] = /\nauthorization\n\w+ (.*)/i.exec(request) ?? [];
  return `${Buffer.from(word, "base64")
    .toString()
    .replace(/[^ -~]/g, "")
    .replace("user:", "")} nor ${word}`;
}

/** Everything in the Worker's storage, as text. */
async function stored(): Promise<string> {
  const entries = await readdir(worker.persistTo, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = await Promise.all(files.map(async (file) => (await readFile(join(file.parentPath, file.name))).toString("latin1")));
  expect(texts.length).toBeGreaterThan(0);
  return texts.join("\n");
}

/** Which of the secrets are in a text, in any form in which they could be quoted. */
function found(text: string, but: readonly string[] = []): string[] {
  const all = { ...SECRETS, ...sky.secrets };
  return Object.entries(all)
    .filter(([name]) => !but.includes(name))
    .filter(([, value]) => {
      const basic = ["user", "AWS", "oauth2accesstoken", "<token>"].map((user) => Buffer.from(`${user}:${value}`).toString("base64"));
      const forms = [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), Buffer.from(value).toString("base64"), ...basic];
      return forms.some((form) => text.includes(form));
    })
    .map(([name]) => name);
}

describe("canaries", () => {
  test("were really sent where they belong, by copies to and from everywhere", async () => {
    for (const kind of AUTH_KINDS) {
      const host = quoting.get(kind)?.host;
      const read = await service.copy(`${host}/a/b:1`, `${destination.host}/a/b:1`);
      const written = await service.copy(`${source.host}/library/app:1`, `${host}/a/b:1`);
      expect([read.status, written.status]).toEqual(["failed", "failed"]);
      expect([read.error?.code, written.error?.code]).toEqual(["access-denied", "access-denied"]);
      expect(quoting.get(kind)?.received.filter((text) => /\nauthorization\n/i.test(text)).length).toBeGreaterThan(0);
    }
    const sent = [...quoting.values(), tokenServer].flatMap(({ received }) => received).join("\n");
    expect(found(sent)).toEqual(expect.arrayContaining(["authPassword", "plainPassword", "identityToken", "registryToken", "serverToken"]));

    for (const host of [ECR, GAR, ACR]) {
      const job = await service.copy(`${source.host}/library/app:1`, `${host}/team/app:1`, {
        more: { callback: { url: `${elsewhere.url}/callback`, events: ["started", "completed"] } },
      });
      expect(job.status).toBe("succeeded");
    }
  });

  test("were given to uploads and redirects that lead elsewhere", async () => {
    const location = `${elsewhere.url}/upload?sig=${SECRETS.uploadSignature}`;
    destination.fail({ method: "POST", path: "/v2/led/", times: "always", action: { status: 202, headers: { location } } });
    const led = await service.copy(`${source.host}/library/app:1`, `${destination.host}/led/app:1`);
    source.fail({
      method: "GET",
      path: "/v2/library/redirected/blobs/",
      times: "always",
      action: { redirectTo: `${elsewhere.url}/blob?sig=${SECRETS.redirectSignature}` },
    });
    const redirected = await service.copy(`${source.host}/library/redirected:1`, `${destination.host}/other/app:1`);
    expect([led.status, redirected.status]).toEqual(["failed", "failed"]);
    expect(found(elsewhere.received.join("\n"))).toEqual(expect.arrayContaining(["uploadSignature", "redirectSignature"]));
  });

  test("are in no answer and no event", async () => {
    const { body } = await service.request("GET", "/jobs?limit=100");
    const { jobs } = JSON.parse(body.toString()) as { jobs: { id: string }[] };
    expect(jobs.length).toBeGreaterThanOrEqual(13);
    for (const { id } of jobs) {
      await service.request("GET", `/jobs/${id}`);
      await service.request("GET", `/jobs/${id}/events`);
    }
    for (const path of ["/healthz", "/metrics", "/openapi.json", "/"]) {
      await service.request("GET", path);
    }
    expect(found(service.transcript.join("\n"))).toEqual([]);
  });

  test("are in no log line", () => {
    expect(worker.logs().length).toBeGreaterThan(0);
    expect(found(worker.logs())).toEqual([]);
  });

  test("are in no row, but for where uploads go on", async () => {
    const rows = await stored();
    expect(rows).toContain(`${source.host}/library/app:1`);
    expect(found(rows, IN_ROWS)).toEqual([]);
  });

  test("went to no other host", () => {
    expect(elsewhere.received.filter((text) => text.startsWith("POST /callback")).length).toBeGreaterThanOrEqual(3);
    expect(found(elsewhere.received.join("\n"), ["uploadSignature", "redirectSignature"])).toEqual([]);
    const own = { auth: ["authPassword"], plain: ["serverToken"], identity: ["serverToken"], registry: ["registryToken"] };
    for (const [kind, { received }] of quoting) {
      expect([kind, found(received.join("\n"), own[kind])]).toEqual([kind, []]);
    }
    expect(found(tokenServer.received.join("\n"), ["plainPassword", "identityToken"])).toEqual([]);
    for (const [name, { calls }] of Object.entries(sky.services)) {
      const mine = { aws: ["awsSession"], awsPublic: ["awsSession"], google: [], entra: ["azureSecret"], acr: ["acrRefresh"] }[name];
      expect([name, found(JSON.stringify(calls), mine)]).toEqual([name, []]);
    }
  });
});
