/** What starts jobs without a caller, and what tells of their end: the Worker as a user runs it, a receiver on a real socket. */
import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SyncDocument } from "../../src/api/sync-document.ts";
import type { JobDocument } from "../../src/jobs/document.ts";
import { send } from "../support/http.ts";
import { storeImage } from "../support/images/deliver.ts";
import { generateImage, type Image } from "../support/images/image.ts";
import { Receiver } from "../support/receiver.ts";
import type { FakeRegistry } from "../support/registry/fake-registry.ts";
import { startRegistry } from "../support/registry/server.ts";
import { ServiceClient } from "../support/service-client.ts";
import { type RunningWorker, startWorker } from "../support/workerd.ts";

const SECRET = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;

const SLACK_SECRET = "slack signing secret";

let source: FakeRegistry;
let destination: FakeRegistry;
let receiver: Receiver;
let worker: RunningWorker;
let service: ServiceClient;
let image: Image;

beforeAll(async () => {
  [source, destination, receiver] = await Promise.all([startRegistry(), startRegistry(), Receiver.start()]);
  image = await generateImage({ seed: "triggers", layers: [300_000] });
  storeImage(source, "library/app", "1", image);
  const permit = { http: true, private: true };
  const callback = { url: `http://${receiver.host}/sync` };
  worker = await startWorker({
    vars: {
      ALLOW_ANONYMOUS: "true",
      CALLBACK_SECRET: SECRET,
      SLACK_SIGNING_SECRET: SLACK_SECRET,
      CHAT: { slack: [{ channels: ["C1"], allow: [{ from: `${source.host}/**`, to: `${destination.host}/**` }] }] },
      CHAT_ENDPOINTS: { slack: `http://${receiver.host}` },
      REGISTRIES: { [source.host]: permit, [destination.host]: permit, [receiver.host]: permit },
      SYNC: [
        {
          name: "often",
          schedule: "* * * * *",
          source: `${source.host}/library/app:1`,
          destination: `${destination.host}/sync/app`,
          callback,
        },
        { name: "yearly", schedule: "0 0 1 1 *", source: `${source.host}/library/app:1`, destination: `${destination.host}/yearly/app` },
      ],
    },
  });
  service = new ServiceClient(worker.url);
});

afterAll(async () => {
  await worker?.stop();
  await Promise.all([source?.close(), destination?.close(), receiver?.close()]);
});

const jobIn = (body: string) => JSON.parse(body) as JobDocument;

test("a callback tells of the start and of the end, signed, and again after a failure", async () => {
  receiver.answers.push({ status: 503 });
  const callback = { url: `http://${receiver.host}/copy?token=canary`, events: ["started", "completed"], format: "cloudevents" };
  const { id } = await service.copy(`${source.host}/library/app:1`, `${destination.host}/copied/app`, { more: { callback } });
  const ofJob = await receiver.waitFor(3, ({ headers }) => String(headers["webhook-id"]).startsWith(id));

  expect(ofJob.map(({ headers }) => headers["transship-event"])).toEqual(["started", "started", "completed"]);
  expect(ofJob[0]?.headers["webhook-id"]).toBe(ofJob[1]?.headers["webhook-id"]);
  for (const { path, headers, body } of ofJob) {
    expect(path).toBe("/copy?token=canary");
    expect(headers).toMatchObject({ "ce-specversion": "1.0", "ce-source": `/jobs/${id}`, "ce-subject": `${source.host}/library/app:1` });
    expect(new Webhook(SECRET).verify(body, headers as Record<string, string>)).toMatchObject({ id });
  }
  expect(jobIn(ofJob[2]?.body ?? "{}")).toMatchObject({ status: "succeeded", digest: image.root.digest });
  expect(service.transcript.join()).not.toContain("canary");
});

test("a callback that leads nowhere allowed is refused, with its place", async () => {
  const answer = await service.request("POST", "/copy", {
    source: `${source.host}/library/app:1`,
    destination: `${destination.host}/refused/app`,
    callback: { url: "https://169.254.169.254/latest" },
  });
  expect(answer.status).toBe(422);
  expect(JSON.parse(answer.body.toString())).toMatchObject({ code: "invalid-request", errors: [{ pointer: "#/callback/url" }] });
  expect(destination.tags("refused/app")).toEqual({});
});

test("the cron trigger copies what is due, once for each due time", async () => {
  const tick = (more = "") => send("GET", `${worker.url}/cdn-cgi/local/scheduled?cron=${encodeURIComponent("* * * * *")}${more}`);
  expect((await tick()).status).toBe(200);
  const [told] = await receiver.waitFor(1, ({ path }) => path === "/sync");
  expect(jobIn(told?.body ?? "{}")).toMatchObject({ status: "succeeded", trigger: { kind: "cron", name: "often", actor: null } });
  expect(destination.tags("sync/app")).toEqual({ 1: image.root.digest });

  const { syncs } = JSON.parse((await service.request("GET", "/syncs")).body.toString()) as { syncs: SyncDocument[] };
  expect(syncs).toMatchObject([
    { name: "often", last: { job: { status: "succeeded" }, skipped: 0, refusal: null } },
    { name: "yearly", last: null },
  ]);
  expect(syncs[1]?.nextRunAt).toMatch(/-01-01T00:00:00.000Z$/);

  const newYear = Date.parse(syncs[1]?.nextRunAt ?? "");
  expect((await tick(`&time=${newYear}`)).status).toBe(200);
  const later = JSON.parse((await service.request("GET", "/syncs")).body.toString()) as { syncs: SyncDocument[] };
  expect(later.syncs[1]).toMatchObject({ name: "yearly", last: { dueAt: syncs[1]?.nextRunAt } });
  await service.jobEnd(later.syncs[1]?.last?.job?.id ?? "", 20);
});

test("an entry runs on a wish", async () => {
  const answer = await service.request("POST", "/syncs/yearly/run");
  expect(answer.status).toBe(202);
  const job = await service.jobEnd(jobIn(answer.body.toString()).id, 20);
  expect(job).toMatchObject({ status: "succeeded", trigger: { kind: "cron", name: "yearly", actor: "anonymous" } });
  expect(destination.tags("yearly/app")).toEqual({ 1: image.root.digest });
});

test("a command in Slack is acknowledged at once and then shows progress and the end in place", async () => {
  source.fail({ method: "GET", path: "/blobs/", times: 1, action: { hold: "slack" } });
  const text = `copy ${source.host}/library/app:1 ${destination.host}/slack/app`;
  const form = {
    command: "/ship",
    text,
    user_id: "U1",
    user_name: "ann",
    channel_id: "C1",
    trigger_id: "t1",
    response_url: `http://${receiver.host}/slack`,
  };
  const body = new URLSearchParams(form).toString();
  const time = String(Math.floor(Date.now() / 1000));
  const signature = `v0=${createHmac("sha256", SLACK_SECRET).update(`v0:${time}:${body}`).digest("hex")}`;
  const begin = Date.now();
  const answer = await send("POST", `${worker.url}/chat/slack`, {
    headers: { "x-slack-request-timestamp": time, "x-slack-signature": signature },
    body,
  });
  expect([answer.status, Date.now() - begin < 3_000]).toEqual([200, true]);
  expect(JSON.parse(answer.body.toString())).toMatchObject({ response_type: "in_channel" });
  source.faults.release("slack");

  const [end] = await receiver.waitFor(1, ({ path, body: posted }) => path === "/slack" && posted.includes("Done"));
  expect(JSON.parse(end?.body ?? "{}")).toMatchObject({ replace_original: true, blocks: [{ text: { type: "plain_text" } }] });
  expect(end?.body).toContain(image.root.digest);
  expect(destination.tags("slack/app")).toEqual({ 1: image.root.digest });
});
