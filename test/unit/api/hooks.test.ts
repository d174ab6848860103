import { describe, expect, test } from "vitest";
import { MAX_HOOK_BYTES, MAX_IGNORED } from "../../../src/api/hooks.ts";
import { HOOK_SAMPLES } from "../../support/hook-samples/all.ts";
import { GAR_SAMPLES } from "../../support/hook-samples/clouds.ts";
import { distributionEvent } from "../../support/hook-samples/plain.ts";
import { hmacHex } from "../../support/hook-samples/sample.ts";
import { problemIn } from "./api-fixture.ts";
import { answerOf, DIGEST, hookFixture, PUSH, RULE, SECRET, sampleOf } from "./hook-fixture.ts";

const GITHUB = sampleOf(HOOK_SAMPLES, "GitHub, package");
const DISTRIBUTION = sampleOf(HOOK_SAMPLES, "distribution, envelope v2");

/** What is another sender's to one of these is nothing to it; the others take what they know of several. */
const FOREIGN = HOOK_SAMPLES.filter(({ settings }) => settings.type !== "generic" && settings.type !== "cloudevents");

describe("a recorded event makes a job, by its digest where it has one", () => {
  test.each(HOOK_SAMPLES.map((sample) => [sample.title, sample] as const))("%s", async (_title, sample) => {
    const api = hookFixture(sample.settings);
    // Artifactory's repositories begin with their key.
    const repository = sample.settings.type === "artifactory" ? "docker-local/app" : PUSH.repository;
    const answer = await api.deliver(sample, { push: { repository } });
    expect(answer).toEqual({ status: 202, jobs: ["/jobs/job-0"], ignored: [] });
    expect(api.submitted).toMatchObject([
      {
        request: {
          source: `${sample.host}/${repository}:1.2.3${sample.hasDigest ? `@${DIGEST}` : ""}`,
          destination: [`mirror.example.com/${repository}:1.2.3`],
        },
        trigger: { kind: "webhook", name: "main", actor: sample.actor },
      },
    ]);
  });
});

describe("who may deliver", () => {
  const denied = { status: 401, code: "unauthorized" };

  test.each(HOOK_SAMPLES.map((sample) => [sample.title, sample] as const))(
    "%s: nobody with another secret, or none",
    async (_title, sample) => {
      const api = hookFixture(sample.settings);
      const wrong = await api.deliver(sample, { secret: `${SECRET}x` });
      const { proof: _, ...unproven } = sample;
      const none = await api.deliver({ ...unproven, inPath: false });
      expect(wrong).toMatchObject(denied);
      expect(none).toEqual(wrong);
      expect(api.submitted).toEqual([]);
    },
  );

  test("an unknown name looks like a wrong secret", async () => {
    const api = hookFixture(GITHUB.settings);
    const send = (path: string) => api.send("POST", path, { headers: { ...GITHUB.headers, authorization: "" }, body: "{}" });
    const known = await send("/hooks/main");
    for (const path of [
      "/hooks/other",
      "/hooks/other/secret",
      "/hooks/main/secret",
      "/hooks/__proto__",
      "/hooks/constructor/x",
      "/hooks/%ff",
    ]) {
      const answer = await send(path);
      expect(Object.fromEntries(answer.headers)).toEqual(Object.fromEntries(known.headers));
      expect(await problemIn(answer)).toEqual({ ...(await problemIn(known.clone())) });
    }
  });

  test("a changed body, and a signature of something else", async () => {
    const api = hookFixture(GITHUB.settings);
    const text = JSON.stringify(GITHUB.body(PUSH));
    for (const signature of [await hmacHex(SECRET, `${text} `), "", "sha256=", "sha256=zz", `sha1=${"0".repeat(40)}`, "0".repeat(64)]) {
      const headers = { ...GITHUB.headers, authorization: "", "x-hub-signature-256": signature };
      expect((await api.send("POST", "/hooks/main", { headers, body: text })).status).toBe(401);
    }
    expect(api.submitted).toEqual([]);
  });

  test("GitHub's own test vector", async () => {
    const api = hookFixture(GITHUB.settings);
    const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const response = await api.send("POST", "/hooks/main", {
      headers: { authorization: "", "content-type": "application/json", "x-hub-signature-256": signature },
      body: "Hello, World!",
    });
    // Authentic, and no JSON.
    expect((await problemIn(response)).status).toBe(400);
  });

  test("Artifact Registry by a secret in the path, where the hook names no account", async () => {
    const sample = sampleOf(GAR_SAMPLES, "Google Artifact Registry");
    const [api, request] = [hookFixture({ type: "gar" }), { headers: { ...sample.headers }, body: JSON.stringify(sample.body(PUSH)) }];
    const paths = [`main/${encodeURIComponent(SECRET)}`, "main/wrong", "main"];
    const statuses = paths.map(async (path) => (await api.send("POST", `/hooks/${path}`, request)).status);
    expect(await Promise.all(statuses)).toEqual([202, 401, 401]);
  });

  test("a signed hook takes no secret in the path", async () => {
    const api = hookFixture(GITHUB.settings);
    const text = JSON.stringify(GITHUB.body(PUSH));
    const headers = { ...GITHUB.headers, ...(await GITHUB.proof?.(SECRET, text)), authorization: "" };
    expect((await api.send("POST", "/hooks/main", { headers, body: text })).status).toBe(202);
    expect((await api.send("POST", `/hooks/main/${encodeURIComponent(SECRET)}`, { headers, body: text })).status).toBe(401);
  });

  test.each<[string, Record<string, string>, number]>([
    ["/hooks/main", { authorization: SECRET }, 202],
    ["/hooks/main", { authorization: `Bearer ${SECRET}` }, 202],
    ["/hooks/main", { authorization: `Basic ${btoa(`any:${SECRET}`)}` }, 202],
    [`/hooks/main/${encodeURIComponent(SECRET)}`, { authorization: "" }, 202],
    [`/hooks/main?access_token=${encodeURIComponent(SECRET)}`, { authorization: "" }, 202],
    ["/hooks/main/wrong", { authorization: SECRET }, 401],
    ["/hooks/main", { authorization: `Basic ${btoa(SECRET)}` }, 401],
    ["/hooks/main", { authorization: "Basic %%%" }, 401],
    ["/hooks/main", { "x-other": SECRET, authorization: "" }, 401],
  ])("a plain secret: %s %j is %i", async (path, headers, status) => {
    const api = hookFixture(DISTRIBUTION.settings);
    const response = await api.send("POST", path, {
      headers: { ...DISTRIBUTION.headers, ...headers },
      body: JSON.stringify(DISTRIBUTION.body(PUSH)),
    });
    expect(response.status).toBe(status);
  });
});

describe("what can't be read", () => {
  const headers = { authorization: SECRET, "content-type": "application/json" };

  test.each<[string, string, Record<string, string>, number, string]>([
    ["no JSON", '{"events": [', {}, 400, "The request's body is not JSON: it ends too early."],
    ["no body", "", {}, 400, "The request's body is empty."],
    ["another type", "{}", { "content-type": "text/plain" }, 415, "The body's Content-Type must be application/json, or another of JSON."],
    ["a form", "a=b", { "content-type": "application/x-www-form-urlencoded" }, 400, "The request's body is empty."],
    ["a compressed body", "{}", { "content-encoding": "gzip" }, 415, "A compressed body (Content-Encoding) is not supported."],
  ])("%s is a problem document", async (_what, body, more, status, detail) => {
    const api = hookFixture(DISTRIBUTION.settings);
    const problem = await problemIn(await api.send("POST", "/hooks/main", { headers: { ...headers, ...more }, body }));
    expect(problem).toMatchObject({ status, detail });
  });

  test("a body that is no UTF-8", async () => {
    const api = hookFixture(DISTRIBUTION.settings);
    const body = new Uint8Array([0x22, 0xff, 0x22]);
    expect(await problemIn(await api.send("POST", "/hooks/main", { headers, body }))).toMatchObject({ status: 400 });
  });

  test("a body of 10 MB is too large, whoever sends it", async () => {
    const api = hookFixture(DISTRIBUTION.settings);
    for (const path of ["/hooks/main", "/hooks/other"]) {
      const problem = await problemIn(await api.send("POST", path, { headers, body: " ".repeat(10_000_000) }));
      expect(problem).toMatchObject({ status: 413, code: "too-large" });
    }
    const fits = await answerOf(await api.send("POST", "/hooks/main", { headers, body: `{}${" ".repeat(MAX_HOOK_BYTES - 2)}` }));
    expect(fits).toMatchObject({ status: 200, ignored: [{ reason: "this is no event that distribution sends" }] });
  });

  test.each(FOREIGN.map((sample) => [sample.title, sample] as const))(
    "%s: valid JSON that is not the sender's is ignored",
    async (_title, sample) => {
      const api = hookFixture(sample.settings);
      const foreign = [{}, [], null, 1, "text", { events: {} }, JSON.parse('{"__proto__": {"type": "PUSH_ARTIFACT"}, "constructor": {}}')];
      const others = HOOK_SAMPLES.filter(({ settings }) => ![sample.settings.type, "generic", "cloudevents"].includes(settings.type));
      for (const body of [...foreign, ...others.map((other) => other.body(PUSH))]) {
        expect(await api.deliver(sample, { body })).toMatchObject({ status: 200, jobs: [], ignored: [{ reason: expect.any(String) }] });
      }
      expect(api.unexpected).toEqual([]);
    },
  );
});

describe("an envelope of many events", () => {
  const many = (count: number) => ({
    events: Array.from({ length: count }, (_, index) => distributionEvent({ ...PUSH, tag: `t${index}` }, "reg.example.com")),
  });

  test("1,000 pushes: as many jobs as one delivery may make, and the rest is told", async () => {
    const api = hookFixture(DISTRIBUTION.settings);
    const answer = await api.deliver(DISTRIBUTION, { body: many(1000) });
    expect(answer.status).toBe(202);
    expect(answer.jobs).toHaveLength(100);
    expect(answer.ignored).toHaveLength(MAX_IGNORED + 1);
    expect(answer.ignored[0]).toEqual({
      reason: "a delivery makes at most 100 jobs",
      reference: `reg.example.com/acme/app:t100@${DIGEST}`,
    });
    expect(answer.ignored.at(-1)).toEqual({ reason: "and 850 more" });
  });

  test("more than are looked at", async () => {
    const api = hookFixture({ ...DISTRIBUTION.settings, copy: [{ ...RULE, from: "elsewhere.example.com/**" }] });
    const answer = await api.deliver(DISTRIBUTION, { body: many(1500) });
    expect([answer.status, answer.jobs]).toEqual([200, []]);
    expect(answer.ignored.at(-1)).toEqual({ reason: "and 951 more" });
  });

  test("the events of one push: blobs, platforms, the index", async () => {
    const api = hookFixture(DISTRIBUTION.settings);
    const { tag: _, ...untagged } = distributionEvent(PUSH, "reg.example.com").target as Record<string, unknown>;
    const event = distributionEvent(PUSH, "reg.example.com");
    const body = {
      events: [
        { ...event, target: { ...untagged, mediaType: "application/octet-stream" } },
        { ...event, target: untagged },
        { ...event, action: "pull" },
        event,
        event,
      ],
    };
    const answer = await api.deliver(DISTRIBUTION, { body });
    expect(answer).toMatchObject({ status: 202, jobs: ["/jobs/job-0"] });
    expect(answer.ignored.map(({ reason }) => reason).sort()).toEqual([
      "a blob is no image",
      "a pull is no push",
      "it has no tag: the platforms of an image come with their index",
    ]);
    expect(api.submitted).toHaveLength(1);
  });
});

test("the handshake of CloudEvents is the same for every name", async () => {
  const api = hookFixture(DISTRIBUTION.settings);
  for (const path of ["/hooks/main", "/hooks/main/x", "/hooks/other"]) {
    const headers = { authorization: "", "webhook-request-origin": "eventgrid.azure.net", "webhook-request-rate": "120" };
    const response = await api.send("OPTIONS", path, { headers });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      allow: "POST, OPTIONS",
      "webhook-allowed-origin": "eventgrid.azure.net",
      "webhook-allowed-rate": "*",
    });
    expect((await api.send("OPTIONS", path)).status).toBe(204);
    expect((await api.send("GET", path)).status).toBe(405);
  }
});
