/** What each platform sends, recorded, and what is made of it. */
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readDiscord } from "../../../../src/triggers/chat/discord.ts";
import { readMattermost } from "../../../../src/triggers/chat/mattermost.ts";
import { readSlack } from "../../../../src/triggers/chat/slack.ts";
import { readTeams } from "../../../../src/triggers/chat/teams.ts";
import { readTelegram } from "../../../../src/triggers/chat/telegram.ts";
import { joined } from "../../../../src/triggers/signature.ts";

const NOW = Date.UTC(2026, 10, 25);
const SECONDS = String(NOW / 1000);

const request = (body: string, headers: Record<string, string> = {}) => ({ headers: new Headers(headers), body: joined(body) });

describe("Slack", () => {
  // docs.slack.dev, "Verifying requests from Slack", with its signature.
  const SECRET = "8f742231b10e8888abcd99yyyzzz85a5";
  const RECORDED =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
  const RECORDED_AT = 1_531_420_618_000;
  const SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
  const signed = (body: string, at = SECONDS) => ({
    "x-slack-request-timestamp": at,
    "x-slack-signature": `v0=${createHmac("sha256", SECRET).update(`v0:${at}:${body}`).digest("hex")}`,
  });
  const read = (body: string, headers: Record<string, string>, nowMs = NOW) =>
    readSlack(request(body, headers), { signingSecret: SECRET, origin: "https://hooks.slack.com", nowMs });

  test("the documentation's own request is authentic at its time", async () => {
    const headers = { "x-slack-request-timestamp": "1531420618", "x-slack-signature": SIGNATURE };
    expect(await read(RECORDED, headers, RECORDED_AT)).toMatchObject({
      outcome: "message",
      message: {
        user: { id: "U2CERLKJA", name: "roadrunner" },
        channel: "G8PSS9T3V",
        words: [],
        id: "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        reply: {
          kind: "response-url",
          platform: "slack",
          url: "https://hooks.slack.com/commands/T1DC2JH3J/397700885554/96rGlfmibIGlgcZRskXaIFfN",
        },
      },
    });
    expect(await read(RECORDED, headers, RECORDED_AT + 301_000)).toEqual({ outcome: "unauthentic" });
    expect(await read(`${RECORDED}&text=x`, headers, RECORDED_AT)).toEqual({ outcome: "unauthentic" });
  });

  test("without a signature, or with half of one, nothing is authentic", async () => {
    expect(await read("text=x", {})).toEqual({ outcome: "unauthentic" });
    expect(await read("text=x", { ...signed("text=x"), "x-slack-signature": "v0=" })).toEqual({ outcome: "unauthentic" });
  });

  test("an address for answers that is not Slack's is not used", async () => {
    const body = "command=%2Fship&user_id=U1&channel_id=C1&text=help&response_url=https%3A%2F%2Fevil.example%2Fx";
    expect(await read(body, signed(body))).toMatchObject({ message: { reply: null, words: ["help"] } });
  });

  test("the check of the certificate is answered", async () => {
    expect(await read("ssl_check=1", signed("ssl_check=1"))).toEqual({ outcome: "handshake", body: {} });
  });
});

describe("Mattermost", () => {
  const BODY =
    "channel_id=cid&channel_name=town-square&command=%2Fship&response_url=https%3A%2F%2Fchat.example.com%2Fhooks%2Fcommands%2Fxyz&team_domain=t&team_id=tid&text=copy+a.io%2Fx+b.io%2Fy&token=tok&trigger_id=trg&user_id=uid&user_name=ann";
  const read = (body: string, headers: Record<string, string> = {}) =>
    readMattermost(request(body, headers), { token: "tok", isReplyUrl: (url) => url.includes("chat.example.com") });

  test("the token comes in the form or in the header", async () => {
    expect(await read(BODY)).toMatchObject({
      outcome: "message",
      message: { user: { id: "uid", name: "ann" }, words: ["copy", "a.io/x", "b.io/y"] },
    });
    expect(await read(BODY.replace("token=tok", "token=no"), { authorization: "Token tok" })).toMatchObject({ outcome: "message" });
    expect(await read(BODY.replace("token=tok", "token=no"))).toEqual({ outcome: "unauthentic" });
    expect(await read(BODY, { authorization: "Token no" })).toEqual({ outcome: "unauthentic" });
  });
});

describe("Discord", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
  const read = (value: unknown, at = SECONDS) => {
    const body = typeof value === "string" ? value : JSON.stringify(value);
    const signature = sign(null, Buffer.from(`${at}${body}`), privateKey).toString("hex");
    return readDiscord(request(body, { "x-signature-ed25519": signature, "x-signature-timestamp": at }), {
      publicKey: key,
      applicationId: "app",
      nowMs: NOW,
    });
  };
  const interaction = (data: object, more: object = {}) => ({
    id: "iid",
    application_id: "app",
    type: 2,
    token: "a-token",
    channel_id: "cid",
    member: { user: { id: "uid", username: "ann" }, roles: ["r1", "r2"] },
    data,
    ...more,
  });

  test("a ping is answered", async () => {
    expect(await read({ type: 1 })).toEqual({ outcome: "handshake", body: { type: 1 } });
  });

  test("a wrong signature is not, whatever it asks", async () => {
    const body = JSON.stringify({ type: 1 });
    const options = { publicKey: key, applicationId: "app", nowMs: NOW };
    expect(await readDiscord(request(body, { "x-signature-ed25519": "00".repeat(64), "x-signature-timestamp": SECONDS }), options)).toEqual(
      { outcome: "unauthentic" },
    );
    expect(await readDiscord(request(body), options)).toEqual({ outcome: "unauthentic" });
    expect(await read({ type: 1 }, String(NOW / 1000 - 3600))).toEqual({ outcome: "unauthentic" });
  });

  test("a command with options of its own and one with a text say the same", async () => {
    const own = {
      name: "copy",
      options: [
        { name: "source", type: 3, value: "alpine:3.20" },
        { name: "destination", type: 3, value: "b.io/y" },
        { name: "platform", type: 3, value: "linux/arm64" },
        { name: "dry_run", type: 5, value: true },
        { name: "referrers", type: 5, value: false },
      ],
    };
    const text = {
      name: "transship",
      options: [{ name: "command", type: 3, value: "copy alpine:3.20 b.io/y --platform linux/arm64 --dry-run" }],
    };
    const words = ["copy", "alpine:3.20", "b.io/y", "--platform", "linux/arm64", "--dry-run"];
    expect(await read(interaction(own))).toMatchObject({
      message: { words, user: { id: "uid" }, roles: ["r1", "r2"], reply: { kind: "discord", application: "app", token: "a-token" } },
    });
    expect(await read(interaction(text))).toMatchObject({ message: { words } });
  });

  test.each<[string, unknown]>([
    ["another application's", interaction({}, { application_id: "other" })],
    ["without a user", interaction({}, { member: {} })],
    ["with a token that is a path", interaction({}, { token: "../../x" })],
    ["of another type", { type: 3 }],
    ["that is no JSON", "{"],
    ["that is a list", []],
  ])("an interaction %s is malformed", async (_, value) => {
    expect(await read(value)).toMatchObject({ outcome: "malformed" });
  });
});

describe("Microsoft Teams", () => {
  const SECRET = Buffer.from("a very secret secret").toString("base64");
  const read = (value: object, secret = SECRET) => {
    const body = JSON.stringify(value);
    const mac = createHmac("sha256", Buffer.from(secret, "base64")).update(body).digest("base64");
    return readTeams(request(body, { authorization: `HMAC ${mac}` }), SECRET);
  };
  const MESSAGE = {
    type: "message",
    id: "1",
    text: "<at>ship</at>&nbsp;copy <a href='http://a.io/x'>a.io/x</a> b.io/y\n",
    from: { id: "29:1", name: "Ann", aadObjectId: "aad" },
    conversation: { id: "19:conv" },
    channelData: { channel: { id: "19:chan" } },
  };

  test("the mention and the editor's markup are taken off", async () => {
    expect(await read(MESSAGE)).toMatchObject({
      outcome: "message",
      message: { words: ["copy", "a.io/x", "b.io/y"], user: { id: "aad", name: "Ann" }, channel: "19:chan", reply: null },
    });
  });

  test("another key's signature is not ours", async () => {
    expect(await read(MESSAGE, Buffer.from("other").toString("base64"))).toEqual({ outcome: "unauthentic" });
  });
});

describe("Telegram", () => {
  const read = (value: object, secret = "s3cret") =>
    readTelegram(request(JSON.stringify(value), { "x-telegram-bot-api-secret-token": secret }), "s3cret");
  const update = (text: string) => ({
    update_id: 7,
    message: { message_id: 1, chat: { id: -100 }, from: { id: 42, username: "ann" }, text },
  });

  test.each([
    ["/copy a.io/x b.io/y", ["copy", "a.io/x", "b.io/y"]],
    ["/copy@ship_bot a.io/x b.io/y", ["copy", "a.io/x", "b.io/y"]],
    ["/start", ["help"]],
  ])("%s", async (text, words) => {
    expect(await read(update(text))).toMatchObject({
      outcome: "message",
      message: { words, user: { id: "42", name: "ann" }, channel: "-100", id: "7", reply: { kind: "telegram", chat: "-100" } },
    });
  });

  test("what is no command is ignored, so that it is not sent again", async () => {
    expect(await read(update("good morning"))).toEqual({ outcome: "ignored", reason: "not a command" });
    expect(await read({ update_id: 8, edited_message: {} })).toEqual({ outcome: "ignored", reason: "not a text message" });
    expect(await read(update("/copy a b"), "wrong")).toEqual({ outcome: "unauthentic" });
  });
});
