/** Commands from chats through the API: who is answered what, and what is submitted. */
import { createHmac } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import type { ChatConfig } from "../../../src/config/chat.ts";
import { Shelf } from "../compare/shelf.ts";
import { apiFixture, type FixtureOptions, JOB_ID, jobDocument, NOW } from "./api-fixture.ts";

const SECRET = "signing";
const RULES = [{ users: ["U1"], allow: [{ from: "docker.io/library/*", to: "b.io/**" }] }];
const chat: ChatConfig = {
  slack: { signingSecret: SECRET },
  rules: { slack: RULES },
  endpoints: { slack: "https://hooks.slack.com", discord: "https://discord.test", telegram: "https://telegram.test" },
};

/** Says something in Slack, as `user`. */
async function say(text: string, options: FixtureOptions = {}, user = "U1") {
  const fixture = apiFixture({ ...options, config: { chat, ...(typeof options.config === "object" ? options.config : {}) } });
  const response_url = "https://hooks.slack.com/commands/x";
  const body = new URLSearchParams({
    command: "/ship",
    text,
    user_id: user,
    user_name: "ann",
    channel_id: "C1",
    trigger_id: "t1",
    response_url,
  }).toString();
  const time = String(NOW / 1000);
  const headers = {
    authorization: "",
    "content-type": "application/x-www-form-urlencoded",
    "x-slack-request-timestamp": time,
    "x-slack-signature": `v0=${createHmac("sha256", SECRET).update(`v0:${time}:${body}`).digest("hex")}`,
  };
  const response = await fixture.send("POST", "/chat/slack", { headers, body });
  const answer = (await response.json()) as { response_type: string; blocks: [{ text: { text: string } }] };
  return { ...fixture, status: response.status, answer, shown: answer.blocks?.[0].text.text };
}

describe("copy", () => {
  test("is submitted under the platform's name, and followed", async () => {
    const { status, answer, shown, submitted, followed } = await say("copy busybox:1.36 b.io/busybox --dry-run");
    expect([status, answer.response_type]).toEqual([200, "in_channel"]);
    expect(shown).toContain(`Job ${JOB_ID}`);
    expect(submitted).toEqual([
      {
        request: { source: "busybox:1.36", destination: ["b.io/busybox"], dryRun: true },
        trigger: { kind: "chat", name: "slack", actor: "ann" },
        idempotency: { principal: "chat:slack", key: "t1" },
      },
    ]);
    expect(followed).toEqual([
      {
        name: `slack:${JOB_ID}`,
        following: {
          target: { kind: "response-url", platform: "slack", url: "https://hooks.slack.com/commands/x" },
          job: JOB_ID,
          since: NOW,
          shown: 0,
          failures: 0,
        },
      },
    ]);
  });

  test.each([
    ["what the rules don't cover", "copy quay.io/x/y b.io/busybox", /is not allowed for you/],
    ["what is no command", "cpoy busybox b.io/x", /"cpoy" is not a command.*\n\ncopy SOURCE/s],
    ["a bad reference", "copy busybox: b.io/x", /source is not an image reference/],
  ])("%s is told to who asked, and nothing is submitted", async (_, text, shown) => {
    const result = await say(text);
    expect([result.status, result.answer.response_type]).toEqual([200, "ephemeral"]);
    expect(result.shown).toMatch(shown);
    expect(result.submitted).toEqual([]);
  });

  test("POLICY holds here too", async () => {
    const result = await say("copy busybox b.io/x", { config: { policy: [{ from: "ghcr.io/**", to: "**" }] } });
    expect(result.shown).toMatch(/is not allowed by POLICY/);
  });
});

test("whoever no rule names may do nothing, not even ask", async () => {
  for (const text of ["copy busybox b.io/x", `status ${JOB_ID}`, "compare a.io/x b.io/y", "help"]) {
    const result = await say(text, {}, "U2");
    expect(result.shown).toMatch(/^You may not do anything here\..*user U2.*channel C1/);
    expect(result.submitted).toEqual([]);
  }
});

describe("a job", () => {
  const mine = jobDocument({ status: "running", request: { source: "busybox", destination: ["b.io/x"] } });
  const other = jobDocument({ status: "running", request: { source: "busybox", destination: ["c.io/x"] } });

  test("is told of, and cancelled", async () => {
    const cancelled: string[] = [];
    const jobs = {
      [JOB_ID]: {
        read: async () => mine,
        cancel: async () => {
          cancelled.push("x");
          return { ...mine, status: "cancelled" as const };
        },
      },
    };
    expect((await say(`status ${JOB_ID}`, { jobs })).shown).toContain("Looking at");
    expect((await say(`cancel ${JOB_ID}`, { jobs })).shown).toContain("Cancelled:");
    expect(cancelled).toHaveLength(1);
  });

  test("of another is unknown, and goes on", async () => {
    const cancel = vi.fn(async () => ({ ...other, status: "cancelled" as const }));
    const jobs = { [JOB_ID]: { read: async () => other, cancel } };
    for (const words of [`status ${JOB_ID}`, `cancel ${JOB_ID}`, "status nonsense"]) {
      expect((await say(words, { jobs })).shown, words).toMatch(/^There is no job/);
    }
    expect(cancel).not.toHaveBeenCalled();
  });
});

test("compare answers with the explanation, and reads only what may be read", async () => {
  const shelf = new Shelf();
  shelf.image("1", { layers: ["a"] });
  shelf.image("2", { layers: ["A"], diffIds: ["a"] });
  const openSource = () => shelf;
  expect((await say("compare busybox:1 b.io/busybox:2", { openSource })).shown).toMatch(/^recompressed: .*POST \/copy/s);
  expect((await say("compare busybox:1 c.io/busybox:2", { openSource })).shown).toMatch(/may not be read for you/);
  expect((await say("compare busybox:1 b.io/busybox:3", { openSource })).shown).toMatch(/right: There is no 3/);
});

test("compare reads nothing that POLICY has no rule about, whatever the sender may", async () => {
  const shelf = new Shelf();
  const config = { policy: [{ from: "docker.io/library/alpine", to: "b.io/**" }] };
  const { shown } = await say("compare busybox:1 b.io/busybox:2", { openSource: () => shelf, config });
  expect(shown).toContain("may not be read by POLICY: no rule is about docker.io/library/busybox");
  expect(shelf.taken).toEqual([]);
});

test("a fault of our own is told in the chat, since platforms show or repeat any answer but 200", async () => {
  const { status, shown, unexpected } = await say("copy busybox:1.36 b.io/busybox", {
    submit: () => Promise.reject(new Error("the object is away")),
  });
  expect([status, unexpected.length]).toEqual([200, 1]);
  expect(shown).toMatch(/\S/);
  expect(shown).not.toContain("away");
});

describe("Slack looks at the certificate", () => {
  const get = (path: string, method = "GET") => apiFixture({ config: { chat } }).send(method, path, { headers: { authorization: "" } });

  test("and is answered with nothing", async () => {
    const response = await get("/chat/slack?ssl_check=1");
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  test.each<[string, string, string]>([
    ["GET", "/chat/slack", "POST, OPTIONS"],
    ["GET", "/chat/slack?ssl_check=0", "POST, OPTIONS"],
    ["PUT", "/chat/slack", "GET, HEAD, POST, OPTIONS"],
    // Only Slack does.
    ["GET", "/chat/discord?ssl_check=1", "POST, OPTIONS"],
    ["GET", "/chat/mattermost?ssl_check=1", "POST, OPTIONS"],
  ])("%s %s is not allowed", async (method, path, allow) => {
    const response = await get(path, method);
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
  });

  test("where it is configured", async () => {
    const response = await apiFixture().send("GET", "/chat/slack?ssl_check=1", { headers: { authorization: "" } });
    expect(response.status).toBe(404);
  });
});

describe("who is no platform", () => {
  test("is refused", async () => {
    const response = await apiFixture({ config: { chat } }).send("POST", "/chat/slack", {
      body: "text=help",
      headers: { authorization: "" },
    });
    expect(response.status).toBe(401);
  });

  test.each(["discord", "mattermost", "teams", "telegram", "irc"])("%s is not there where it is not configured", async (platform) => {
    const response = await apiFixture({ config: { chat } }).send("POST", `/chat/${platform}`, {
      body: "x",
      headers: { authorization: "" },
    });
    expect(response.status).toBe(404);
  });

  test("and a body without end is not read to it", async () => {
    const response = await apiFixture({ config: { chat } }).send("POST", "/chat/slack", {
      body: "x".repeat(300_000),
      headers: { authorization: "" },
    });
    expect(response.status).toBe(413);
  });
});
