/** Answers that come later: the request that posts or edits one, and how often that may be. Pure. */
import { discordMessage, MAX_TEXT, mattermostMessage, slackMessage } from "./answer.ts";
import { telegramText } from "./markup.ts";
import type { ReplyTarget } from "./message.ts";

export interface PostRequest {
  method: "POST" | "PATCH";
  url: string;
  body: unknown;
}

export interface PostEndpoints {
  discord: string;
  telegram: string;
  /** Unset where Telegram is not configured. Secret: it stands in the address. */
  telegramToken: string | undefined;
}

/** The request that shows `text` at a target, in place of what was shown there before where the platform can. */
export function postRequest(
  target: ReplyTarget,
  text: string,
  { discord, telegram, telegramToken }: PostEndpoints,
): PostRequest | undefined {
  switch (target.kind) {
    case "response-url": {
      const message = target.platform === "slack" ? slackMessage(text, "channel") : mattermostMessage(text, "channel");
      return { method: "POST", url: target.url, body: target.platform === "slack" ? { ...message, replace_original: true } : message };
    }
    case "discord":
      return {
        method: "PATCH",
        url: `${discord}/webhooks/${target.application}/${target.token}/messages/@original`,
        body: discordMessage(text),
      };
    case "telegram": {
      if (telegramToken === undefined) {
        return undefined;
      }
      const content = {
        chat_id: target.chat,
        text: telegramText(text).slice(0, MAX_TEXT.telegram),
        link_preview_options: { is_disabled: true },
      };
      return target.message === undefined
        ? { method: "POST", url: `${telegram}/bot${telegramToken}/sendMessage`, body: content }
        : { method: "POST", url: `${telegram}/bot${telegramToken}/editMessageText`, body: { ...content, message_id: target.message } };
    }
  }
}

/** How a target may be used. All times are milliseconds since the command came. */
export interface PostRhythm {
  /** When progress is shown. The end is shown at once, as long as `until` has not passed. */
  progressAt(post: number): number | undefined;
  /** From then on the target takes nothing more. */
  until: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** Slack and Mattermost take five posts within thirty minutes: four times progress, and the end. The margins are for the clocks. */
const RESPONSE_URL: PostRhythm = {
  progressAt: (post) => [15 * SECOND_MS, 60 * SECOND_MS, 5 * MINUTE_MS, 15 * MINUTE_MS][post],
  until: 29 * MINUTE_MS,
};

/** A Discord interaction's token ends after fifteen minutes. */
const DISCORD: PostRhythm = { progressAt: (post) => (post + 1) * 5 * SECOND_MS, until: 14.5 * MINUTE_MS };

/** A bot edits its own message for two days; an edit each five seconds at first, later each minute, is far below its limit. */
const TELEGRAM: PostRhythm = {
  progressAt: (post) => (post < 24 ? post * 5 * SECOND_MS : (post - 22) * MINUTE_MS),
  until: 47 * 60 * MINUTE_MS,
};

export function rhythmOf({ kind }: ReplyTarget): PostRhythm {
  switch (kind) {
    case "response-url":
      return RESPONSE_URL;
    case "discord":
      return DISCORD;
    case "telegram":
      return TELEGRAM;
  }
}
