/** The answers to a platform's own request, in the form that it shows. Pure. */
import { markdownText, slackText, teamsText } from "./markup.ts";
import type { ChatMessage, ChatPlatform } from "./message.ts";

/** Discord's answer types: a message, and "thinking" until the message is edited. */
const MESSAGE = 4;
const DEFERRED_MESSAGE = 5;

/** Only the user sees it. */
const EPHEMERAL = 64;

/** Longest text that a message may have: Discord 2,000, Slack's plain_text 3,000, Telegram 4,096 characters. */
export const MAX_TEXT: Readonly<Record<ChatPlatform, number>> = {
  slack: 2_900,
  discord: 1_900,
  mattermost: 3_500,
  teams: 3_500,
  telegram: 4_000,
};

/** An answer at once. `audience`: whether the channel is to see it, or only who asked, where the platform knows the difference. */
export function answerBody(message: ChatMessage, text: string, audience: "channel" | "user"): unknown {
  const shown = cut(text, MAX_TEXT[message.platform]);
  switch (message.platform) {
    case "slack":
      return slackMessage(shown, audience);
    case "mattermost":
      return mattermostMessage(shown, audience);
    case "discord":
      return { type: MESSAGE, data: { ...discordMessage(shown), ...(audience === "user" ? { flags: EPHEMERAL } : {}) } };
    case "teams":
      return { type: "message", text: teamsText(shown) };
    case "telegram":
      // What Telegram takes as a method call in answer to its webhook.
      return { ok: true };
  }
}

/** An answer that says that another comes, where the platform has one; else as {@link answerBody} says it. */
export function deferredBody(message: ChatMessage, text: string): unknown {
  return message.platform === "discord" ? { type: DEFERRED_MESSAGE } : answerBody(message, text, "channel");
}

export function slackMessage(text: string, audience: "channel" | "user"): Record<string, unknown> {
  return {
    response_type: audience === "channel" ? "in_channel" : "ephemeral",
    text: slackText(text),
    blocks: [{ type: "section", text: { type: "plain_text", text, emoji: false } }],
    unfurl_links: false,
  };
}

export function mattermostMessage(text: string, audience: "channel" | "user"): Record<string, unknown> {
  return { response_type: audience === "channel" ? "in_channel" : "ephemeral", text: markdownText(text) };
}

export function discordMessage(text: string): Record<string, unknown> {
  return { content: cut(markdownText(text), 2_000), allowed_mentions: { parse: [] } };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}
