/** A command from each chat platform, signed as the platform signs, to the image at the destination: the Worker as a user runs it, the platforms' own interfaces on a real socket. */
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HttpAnswer, send } from "../support/http.ts";
import { storeImage } from "../support/images/deliver.ts";
import { generateImage, type Image } from "../support/images/image.ts";
import { type Received, Receiver } from "../support/receiver.ts";
import type { FakeRegistry } from "../support/registry/fake-registry.ts";
import { startRegistry } from "../support/registry/server.ts";
import { type RunningWorker, startWorker } from "../support/workerd.ts";

const SLACK_SECRET = "slack signing secret";
const TEAMS_SECRET = Buffer.from("a secret of teams").toString("base64");
const DISCORD = generateKeyPairSync("ed25519");

let source: FakeRegistry;
let destination: FakeRegistry;
let platform: Receiver;
let worker: RunningWorker;
let image: Image;

beforeAll(async () => {
  [source, destination, platform] = await Promise.all([startRegistry(), startRegistry(), Receiver.start()]);
  image = await generateImage({ seed: "chat", layers: [100_000] });
  storeImage(source, "library/app", "1", image);
  const permit = { http: true, private: true };
  const rule = { channels: ["C1", "-100"], allow: [{ from: `${source.host}/**`, to: `${destination.host}/**` }] };
  worker = await startWorker({
    vars: {
      ALLOW_ANONYMOUS: "true",
      REGISTRIES: { [source.host]: permit, [destination.host]: permit, [platform.host]: permit },
      CHAT: { slack: [rule], discord: [rule], mattermost: [rule], teams: [rule], telegram: [rule] },
      CHAT_ENDPOINTS: { slack: `http://${platform.host}`, discord: `http://${platform.host}/api`, telegram: `http://${platform.host}` },
      SLACK_SIGNING_SECRET: SLACK_SECRET,
      DISCORD_PUBLIC_KEY: DISCORD.publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex"),
      DISCORD_APPLICATION_ID: "app",
      MATTERMOST_TOKEN: "mattermost-token",
      TEAMS_SECRET,
      TELEGRAM_SECRET: "telegram-secret",
      TELEGRAM_BOT_TOKEN: "1:bot",
    },
  });
});

afterAll(async () => {
  await worker?.stop();
  await Promise.all([source?.close(), destination?.close(), platform?.close()]);
});

const command = (name: string) => `copy ${source.host}/library/app:1 ${destination.host}/${name}/app`;
const seconds = () => String(Math.floor(Date.now() / 1000));
const post = (name: string, body: string, headers: Record<string, string>): Promise<HttpAnswer> =>
  send("POST", `${worker.url}/chat/${name}`, { body, headers });

function slashForm(name: string, more: Record<string, string>): string {
  const form = {
    command: "/ship",
    user_id: "U1",
    user_name: "ann",
    channel_id: "C1",
    trigger_id: name,
    response_url: `http://${platform.host}/${name}`,
  };
  return new URLSearchParams({ ...form, text: command(name), ...more }).toString();
}

interface Chat {
  /** Sends the command as the platform does. */
  say(): Promise<HttpAnswer>;
  /** What the platform is answered at once. */
  answered: object;
  /** Which later post shows the end; none where the first answer is all that the platform shows. */
  shows?: (received: Received) => boolean;
}

const CHATS: Record<string, Chat> = {
  slack: {
    say: () => {
      const [body, time] = [slashForm("slack", {}), seconds()];
      const mac = createHmac("sha256", SLACK_SECRET).update(`v0:${time}:${body}`).digest("hex");
      return post("slack", body, { "x-slack-request-timestamp": time, "x-slack-signature": `v0=${mac}` });
    },
    answered: { response_type: "in_channel" },
    shows: ({ path, body }) => path === "/slack" && JSON.parse(body).replace_original === true,
  },
  mattermost: {
    say: () => post("mattermost", slashForm("mattermost", { token: "mattermost-token" }), {}),
    answered: { response_type: "in_channel" },
    shows: ({ path }) => path === "/mattermost",
  },
  discord: {
    say: () => {
      const options = [{ name: "command", type: 3, value: command("discord") }];
      const member = { user: { id: "U1", username: "ann" }, roles: [] };
      const body = JSON.stringify({
        type: 2,
        id: "i1",
        application_id: "app",
        token: "t1",
        channel_id: "C1",
        member,
        data: { name: "transship", options },
      });
      const time = seconds();
      const signature = sign(null, Buffer.from(`${time}${body}`), DISCORD.privateKey).toString("hex");
      return post("discord", body, { "x-signature-timestamp": time, "x-signature-ed25519": signature });
    },
    answered: { type: 5 },
    shows: ({ path, body }) => path === "/api/webhooks/app/t1/messages/@original" && JSON.parse(body).allowed_mentions.parse.length === 0,
  },
  teams: {
    say: () => {
      const text = `<at>ship</at> ${command("teams")}`;
      const body = JSON.stringify({
        type: "message",
        id: "m1",
        text,
        from: { id: "29:1", name: "Ann" },
        channelData: { channel: { id: "C1" } },
      });
      const mac = createHmac("sha256", Buffer.from(TEAMS_SECRET, "base64")).update(body).digest("base64");
      return post("teams", body, { authorization: `HMAC ${mac}` });
    },
    answered: { type: "message" },
  },
  telegram: {
    say: () => {
      const message = { message_id: 1, chat: { id: -100 }, from: { id: 42, username: "ann" }, text: `/${command("telegram")}` };
      return post("telegram", JSON.stringify({ update_id: 1, message }), { "x-telegram-bot-api-secret-token": "telegram-secret" });
    },
    answered: { ok: true },
    shows: ({ path }) => path === "/bot1:bot/sendMessage" || path === "/bot1:bot/editMessageText",
  },
};

test.each(Object.entries(CHATS))("%s: from the command to the image, and the end is shown", async (name, { say, answered, shows }) => {
  const begin = Date.now();
  const answer = await say();
  expect([answer.status, Date.now() - begin < 3_000], answer.body.toString()).toEqual([200, true]);
  expect(JSON.parse(answer.body.toString())).toMatchObject(answered);
  if (shows !== undefined) {
    await platform.waitFor(1, (received) => shows(received) && received.body.includes("Done"));
  }
  await expect.poll(() => destination.tags(`${name}/app`), { timeout: 20_000 }).toEqual({ 1: image.root.digest });
});
