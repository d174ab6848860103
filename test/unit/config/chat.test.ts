import { expect, test } from "vitest";
import { readChat } from "../../../src/config/chat.ts";
import { ConfigError } from "../../../src/config/config-error.ts";

const KEY = "ab".repeat(32);
const ALLOW = [{ from: "a.io/**", to: "b.io/**" }];

test("a platform is there where its secrets are", () => {
  expect(readChat({})).toEqual({
    rules: {},
    endpoints: { slack: "https://hooks.slack.com", discord: "https://discord.com/api/v10", telegram: "https://api.telegram.org" },
  });
  const all = readChat({
    SLACK_SIGNING_SECRET: " s \n",
    DISCORD_PUBLIC_KEY: KEY,
    DISCORD_APPLICATION_ID: "1",
    MATTERMOST_TOKEN: "m",
    TEAMS_SECRET: "dGVhbXM=",
    TELEGRAM_SECRET: "t",
    TELEGRAM_BOT_TOKEN: "1:b",
    CHAT: JSON.stringify({ slack: [{ users: ["U1"], allow: ALLOW }] }),
  });
  expect(all).toMatchObject({
    slack: { signingSecret: "s" },
    discord: { publicKey: KEY, applicationId: "1" },
    mattermost: { token: "m" },
    teams: { secret: "dGVhbXM=" },
    telegram: { secret: "t", botToken: "1:b" },
    rules: { slack: [{ users: ["U1"], allow: ALLOW }] },
  });
});

test.each<[object, string, string]>([
  [{ DISCORD_PUBLIC_KEY: KEY }, "DISCORD_APPLICATION_ID", "#"],
  [{ DISCORD_PUBLIC_KEY: "xyz", DISCORD_APPLICATION_ID: "1" }, "DISCORD_PUBLIC_KEY", "#"],
  [{ TELEGRAM_BOT_TOKEN: "1:b" }, "TELEGRAM_SECRET", "#"],
  [{ TEAMS_SECRET: "not base64!" }, "TEAMS_SECRET", "#"],
  [{ MATTERMOST_TOKEN: 7 }, "MATTERMOST_TOKEN", "#"],
  [{ CHAT: { irc: [] } }, "CHAT", "#/irc"],
  [{ CHAT: { slack: [{ allow: ALLOW }] } }, "CHAT", "#/slack/0"],
  [{ CHAT: { slack: [{ users: [], allow: ALLOW }] } }, "CHAT", "#/slack/0/users"],
  [{ CHAT: { slack: [{ users: ["U1"] }] } }, "CHAT", "#/slack/0/allow"],
  [{ CHAT: { slack: [{ users: ["U1"], allow: [{ from: "", to: "b.io/**" }] }] } }, "CHAT", "#/slack/0/allow/0/from"],
  [{ CHAT_ENDPOINTS: { slack: "hooks" } }, "CHAT_ENDPOINTS", "#/slack"],
])("%j is a configuration error", (variables, variable, pointer) => {
  try {
    readChat(variables as Record<string, unknown>);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ variable, pointer });
    expect((error as Error).message).not.toContain("not base64!");
  }
});
