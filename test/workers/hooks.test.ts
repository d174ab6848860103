/** From a sender's recorded event to the image at the destination. */
import { importJWK, type JWK, SignJWT } from "jose";
import { describe, expect, inject, test } from "vitest";
import type { JobDocument } from "../../src/jobs/document.ts";
import { expectArrived } from "../support/copied-image.ts";
import { api, freshName, jobEnd } from "../support/copy-service.ts";
import { HOOK_SAMPLES } from "../support/hook-samples/all.ts";
import { GAR_SAMPLES } from "../support/hook-samples/clouds.ts";
import { GAR_RULES, hookName } from "../support/hook-samples/names.ts";
import type { HookSample, SampledPush } from "../support/hook-samples/sample.ts";
import { RemoteRegistry } from "../support/registry/remote.ts";

const SECRET = "It's a Secret to Everybody";
const { source, destination, privateKey } = inject("hookPeers");
const from = new RemoteRegistry(source);
const to = new RemoteRegistry(destination);

interface Answer {
  status: number;
  jobs?: string[];
  ignored?: { reason: string }[];
}

async function deliver(sample: HookSample, push: SampledPush, proof?: Record<string, string>): Promise<Answer> {
  const body = JSON.stringify(sample.body(push));
  const path = `/hooks/${hookName(sample)}${sample.inPath ? `/${encodeURIComponent(SECRET)}` : ""}`;
  const headers = { ...sample.headers, ...(proof ?? (await sample.proof?.(SECRET, body))) };
  // What is signed are bytes: the same value makes the same text again.
  const response = await api("POST", path, JSON.parse(body), headers);
  return { status: response.status, ...((await response.json()) as object) };
}

async function endOf(answer: Answer): Promise<JobDocument> {
  expect(answer).toMatchObject({ status: 202, jobs: [expect.stringMatching(/^\/jobs\//)], ignored: [] });
  return await jobEnd(answer.jobs?.[0]?.split("/").at(-1) ?? "");
}

/** A repository of its own for each test, as the sender calls it. */
function repositoryFor(sample: HookSample): string {
  return sample.settings.type === "artifactory" ? `docker-local/${freshName()}` : freshName();
}

interface Claims {
  email?: string;
  audience?: string;
  issuer?: string;
  verified?: boolean;
  expires?: string;
}

async function googleToken(changes: Claims = {}, key?: CryptoKey): Promise<Record<string, string>> {
  const {
    email = GAR_RULES.email,
    audience = GAR_RULES.audience,
    issuer = "https://accounts.google.com",
    verified = true,
    expires = "1h",
  } = changes;
  const token = await new SignJWT({ email, email_verified: verified })
    .setProtectedHeader({ alg: "RS256", kid: "k1" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(key ?? (await importJWK(privateKey as JWK, "RS256")));
  return { authorization: `Bearer ${token}` };
}

describe("the image arrives, and the job tells who asked:", () => {
  test.each([...HOOK_SAMPLES, ...GAR_SAMPLES].map((sample) => [sample.title, sample] as const))("%s", async (_title, sample) => {
    const repository = repositoryFor(sample);
    const image = await from.putImage(repository, "1.2.3", { seed: "hooks", layers: [2_000] });

    const proof = sample.settings.type === "gar" ? await googleToken() : undefined;
    const job = await endOf(await deliver(sample, { repository, tag: "1.2.3", digest: image.digest }, proof));

    expect(job).toMatchObject({
      status: "succeeded",
      digest: image.digest,
      trigger: { kind: "webhook", name: hookName(sample), actor: sample.actor },
    });
    expect(await to.tags(`mirror/${repository}`)).toEqual({ "1.2.3": image.digest });
    await expectArrived(image, { at: from, name: repository }, { at: to, name: `mirror/${repository}` });
  });
});

describe("Google's token", () => {
  const [sample] = GAR_SAMPLES as [HookSample];
  const push = { repository: "test/nothing", tag: "1", digest: `sha256:${"0".repeat(64)}` };

  test.each<[string, Claims]>([
    ["for another audience", { audience: "https://elsewhere.test/hooks/gar" }],
    ["of another account", { email: "other@project.iam.gserviceaccount.com" }],
    ["of an account that is not verified", { verified: false }],
    ["of another issuer", { issuer: "https://accounts.example.com" }],
    ["that has expired", { expires: "-2m" }],
  ])("%s is refused", async (_what, claims) => {
    expect(await deliver(sample, push, await googleToken(claims))).toMatchObject({ status: 401, code: "unauthorized" });
  });

  test("signed by somebody else, or not at all, is refused", async () => {
    const { privateKey: other } = (await crypto.subtle.generateKey(
      { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
      true,
      ["sign", "verify"],
    )) as CryptoKeyPair;
    expect(await deliver(sample, push, await googleToken({}, other))).toMatchObject({ status: 401 });
    const none = `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ ...GAR_RULES, aud: GAR_RULES.audience }))}.`;
    expect(await deliver(sample, push, { authorization: `Bearer ${none}` })).toMatchObject({ status: 401 });
    expect(await deliver(sample, push, { authorization: "Bearer x" })).toMatchObject({ status: 401 });
    expect(await deliver(sample, push, {})).toMatchObject({ status: 401 });
  });
});

test("what was pushed is copied, even where the tag has moved on", async () => {
  const sample = HOOK_SAMPLES.find(({ settings }) => settings.type === "distribution") as HookSample;
  const repository = freshName();
  const first = await from.putImage(repository, "1.2.3", { seed: "first", layers: [100] });
  await from.putImage(repository, "1.2.3", { seed: "second", layers: [100] });

  await endOf(await deliver(sample, { repository, tag: "1.2.3", digest: first.digest }));

  expect(await to.tags(`mirror/${repository}`)).toEqual({ "1.2.3": first.digest });
});

describe("1,000 deliveries of one push", () => {
  const sampleOf = (type: string) => HOOK_SAMPLES.find(({ settings }) => settings.type === type) as HookSample;

  async function deliverOften(sample: HookSample, push: SampledPush, count: number): Promise<Set<string>> {
    const jobs = new Set<string>();
    let left = count;
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        while (left-- > 0) {
          const answer = await deliver(sample, push);
          expect(answer.status).toBe(202);
          // A busy machine may not have stored the job when the answer is due: that one has no link.
          for (const link of answer.jobs ?? []) {
            jobs.add(link);
          }
        }
      }),
    );
    return jobs;
  }

  test("are one job and one transfer", { timeout: 60_000 }, async () => {
    const repository = freshName();
    const image = await from.putImage(repository, "1.2.3", { seed: "thousand", layers: [2_000] });
    await from.clearRequests();

    const jobs = await deliverOften(sampleOf("distribution"), { repository, tag: "1.2.3", digest: image.digest }, 1000);

    expect(jobs.size).toBe(1);
    expect(await jobEnd([...jobs][0]?.split("/").at(-1) ?? "")).toMatchObject({ status: "succeeded" });
    const reads = await from.requests({ method: "GET", path: `/${repository}/blobs/` });
    expect(reads.map(({ path }) => path.split("/").at(-1)).sort()).toEqual(image.blobs.map(({ digest }) => digest).sort());
  });

  test("of a sender that tells no moment are one transfer, whatever number of jobs", { timeout: 60_000 }, async () => {
    const repository = freshName();
    const image = await from.putImage(repository, "1.2.3", { seed: "quays", layers: [2_000] });
    await from.clearRequests();

    const jobs = await deliverOften(sampleOf("quay"), { repository, tag: "1.2.3", digest: image.digest }, 200);

    for (const link of jobs) {
      expect(await jobEnd(link.split("/").at(-1) ?? "")).toMatchObject({ status: "succeeded" });
    }
    const reads = await from.requests({ method: "GET", path: `/${repository}/blobs/` });
    expect(reads).toHaveLength(image.blobs.length);
  });
});
