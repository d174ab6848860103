/** The answers to a platform's own request, in its own format. Pure. */
import { markdownText, slackText, teamsText, telegramText } from "./markup.ts";
import type { ChatMessage, ChatPlatform } from "./message.ts";

/** Discord's interaction callback types: CHANNEL_MESSAGE_WITH_SOURCE, and DEFERRED_CHANNEL_MESSAGE_WITH_SOURCE, which shows "thinking …". */
const MESSAGE = 4;
const DEFERRED_MESSAGE = 5;

/** Discord's message flag for an answer that only the user sees. */
const EPHEMERAL = 64;

/** Longest content of a message that Discord takes, in characters. */
const DISCORD_MAX_CONTENT = 2_000;

/**
 * Longest text of an answer on each platform, in characters, before its markup is escaped. Below what the platforms take, which is 3,000 for Slack's
 * `plain_text`, {@link DISCORD_MAX_CONTENT} for Discord and 4,096 for Telegram.
 */
export const MAX_TEXT: Readonly<Record<ChatPlatform, number>> = {
  slack: 2_900,
  discord: 1_900,
  mattermost: 3_500,
  teams: 3_500,
  telegram: 4_000,
};

/** Returns the body of an answer. `audience` says whether the whole channel sees it or only the user, where the platform makes that difference. */
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
      // An answer that names a method of the Bot API has it called ("Making requests when getting updates"); any other shows nothing.
      return { method: "sendMessage", ...telegramMessage(message.channel, shown) };
  }
}

/** Returns the body of an answer that is followed by later ones: one that announces them, or shows nothing, where the platform has such a thing; else `text` for the channel. */
export function deferredBody(message: ChatMessage, text: string): unknown {
  switch (message.platform) {
    case "discord":
      return { type: DEFERRED_MESSAGE };
    case "telegram":
      // The message that is edited later has to be one whose id is known, so it is sent by a request of its own.
      return { ok: true };
    default:
      return answerBody(message, text, "channel");
  }
}

/** Returns a message of Slack. The text is `plain_text`, in which nothing is markup. */
export function slackMessage(text: string, audience: "channel" | "user"): Record<string, unknown> {
  return {
    response_type: audience === "channel" ? "in_channel" : "ephemeral",
    text: slackText(text),
    blocks: [{ type: "section", text: { type: "plain_text", text, emoji: false } }],
    unfurl_links: false,
  };
}

/** Returns a message of Mattermost, its markup escaped. */
export function mattermostMessage(text: string, audience: "channel" | "user"): Record<string, unknown> {
  return { response_type: audience === "channel" ? "in_channel" : "ephemeral", text: markdownText(text) };
}

/** Returns a message of Discord, its markup escaped. It mentions nobody, whatever it says. */
export function discordMessage(text: string): Record<string, unknown> {
  return { content: cut(markdownText(text), DISCORD_MAX_CONTENT), allowed_mentions: { parse: [] } };
}

/** Returns a message of Telegram, as plain text without previews of links. */
export function telegramMessage(chat: string, text: string): Record<string, unknown> {
  return { chat_id: chat, text: cut(telegramText(text), MAX_TEXT.telegram), link_preview_options: { is_disabled: true } };
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}
