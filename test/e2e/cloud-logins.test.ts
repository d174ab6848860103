/** Copies to and from registries of the clouds: the Worker logs in with nothing but the operator's keys. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACR, ECR, ECR_PUBLIC, GAR, type Sky, startSky } from "../support/clouds/sky.ts";
import { storeImage } from "../support/images/deliver.ts";
import { generateImage } from "../support/images/image.ts";
import type { FakeRegistry } from "../support/registry/fake-registry.ts";
import { startRegistry } from "../support/registry/server.ts";
import { ServiceClient } from "../support/service-client.ts";
import { type RunningWorker, startWorker } from "../support/workerd.ts";

let sky: Sky;
let source: FakeRegistry;
let worker: RunningWorker;
let service: ServiceClient;

beforeAll(async () => {
  [sky, source] = await Promise.all([startSky(), startRegistry()]);
  const { REGISTRIES, ...vars } = sky.vars;
  worker = await startWorker({
    vars: { ALLOW_ANONYMOUS: "true", ...vars, REGISTRIES: { ...REGISTRIES, [source.host]: { http: true, private: true } } },
  });
  service = new ServiceClient(worker.url);
});

afterAll(async () => {
  await worker?.stop();
  await Promise.all([sky?.close(), source?.close()]);
});

/** Puts an image at a registry, and gives its digest. */
async function put(at: FakeRegistry, name: string, seed: string): Promise<string> {
  const image = await generateImage({ seed, layers: [200_000, 3_000] });
  storeImage(at, name, "1", image);
  return at.tags(name)["1"] ?? "";
}

describe("with the keys of the cloud alone", () => {
  test.each([
    ["Q34: ECR, where the repository is created by the push", ECR, () => sky.ecr, () => sky.services.aws],
    ["Q36: Artifact Registry", GAR, () => sky.gar, () => sky.services.google],
    ["Q33: ACR", ACR, () => sky.acr, () => sky.services.entra],
  ])("an image goes to %s", async (_, host, registry, login) => {
    const digest = await put(source, "library/app", host);
    const job = await service.copy(`${source.host}/library/app:1`, `${host}/team/app:1`);
    expect(job).toMatchObject({ status: "succeeded", digest });
    expect(registry().tags("team/app")).toEqual({ "1": digest });

    const before = login().calls.length;
    expect(before).toBeGreaterThan(0);
    const other = await put(source, "library/other", `${host} again`);
    const [first, again] = await Promise.all([
      service.copy(`${source.host}/library/other:1`, `${host}/team/app:2`),
      service.copy(`${source.host}/library/other:1`, `${host}/team/app:3`),
    ]);
    expect([first.status, again.status]).toEqual(["succeeded", "succeeded"]);
    expect(registry().tags("team/app")).toEqual({ "1": digest, "2": other, "3": other });
    expect(login().calls.length).toBe(before);
  });

  test("ECR's missing repository was created once, and no other", () => {
    expect(sky.created).toEqual(["team/app"]);
  });

  test("Q35: an image comes from public ECR", async () => {
    const digest = await put(sky.ecrPublic, "acme/app", "public");
    const job = await service.copy(`${ECR_PUBLIC}/acme/app:1`, `${source.host}/from-public:1`);
    expect(job).toMatchObject({ status: "succeeded", digest });
    expect(sky.services.awsPublic.calls.length).toBeGreaterThan(0);
  });

  test("a helper that is a program is refused by name", async () => {
    const other = await startWorker({
      vars: { ALLOW_ANONYMOUS: "true", REGISTRY_AUTH: { credHelpers: { "registry.example.com": "osxkeychain" } } },
    });
    try {
      const job = await new ServiceClient(other.url).copy("registry.example.com/a:1", "registry.example.com/b:1");
      expect(job).toMatchObject({ status: "failed", error: { code: "unsupported", side: "source", registry: "registry.example.com" } });
      expect(job.error?.detail).toContain("osxkeychain");
    } finally {
      await other.stop();
    }
  });

  test("nothing that the operator or a cloud gave stands in an answer or a log line", () => {
    const said = `${service.transcript.join("\n")}\n${worker.logs()}`;
    for (const [name, value] of Object.entries(sky.secrets)) {
      for (const form of [value, encodeURIComponent(value), Buffer.from(value).toString("base64")]) {
        expect(said.includes(form), name).toBe(false);
      }
    }
  });
});
