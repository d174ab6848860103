/** What a registry insists on against its profile outlives the isolate that learned it. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { LEARNED_MS } from "../../src/jobs/hosts/learned-plans.ts";
import { copy, freshName, registry, requestKinds } from "../support/copy-service.ts";
import type { ImageOptions } from "../support/images/image.ts";

const MIB = 1024 * 1024;
const IMAGE: ImageOptions = { seed: "plan", platforms: ["linux/amd64"], index: "none", layers: [2.5 * MIB] };
const WHOLE = { way: "monolithic", chunkSize: 64 * MIB } as const;
const CHUNKS = { way: "chunked", chunkSize: MIB } as const;

const stateOf = (host: string) => env.REGISTRY_HOSTS.getByName(host);

it("a plan that was learned is stored with the host, for a day", async () => {
  const from = await registry();
  const to = await registry({ quirks: { maxBody: 2 * MIB } });
  const name = freshName();
  await from.putImage(name, "1", IMAGE);
  const before = Date.now();

  const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`);

  expect(job.status).toBe("succeeded");
  const learned = await stateOf(to.host).learnedPlan();
  expect(learned).toMatchObject({ profile: WHOLE, plan: CHUNKS });
  expect(learned?.until).toBeGreaterThanOrEqual(before + LEARNED_MS);
  // The layer once in vain, then in three chunks.
  expect(await requestKinds(to)).toMatchObject({ "PATCH upload": 3 });
  expect((await to.requests({ method: "PUT", path: "upload" })).map(({ status }) => status)).toContain(413);
});

it("an isolate that knows nothing begins as the host's object says: nothing fails first", async () => {
  const from = await registry();
  const to = await registry({ quirks: { maxBody: 2 * MIB } });
  const name = freshName();
  await from.putImage(name, "1", IMAGE);
  await stateOf(to.host).learnPlan({ profile: WHOLE, plan: CHUNKS, until: Date.now() + 60_000 });

  const job = await copy(`${from.host}/${name}:1`, `${to.host}/${name}`);

  expect(job.status).toBe("succeeded");
  const uploads = await to.requests({ path: "upload" });
  expect(uploads.filter(({ status }) => status >= 400)).toEqual([]);
  expect(uploads.filter(({ method }) => method === "PATCH")).toHaveLength(3);
});

it("a plan whose day is over is forgotten", async () => {
  await stateOf("past.test").learnPlan({ profile: WHOLE, plan: CHUNKS, until: Date.now() });
  expect(await stateOf("past.test").learnedPlan()).toBeNull();
});
