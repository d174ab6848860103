/** Answers that come later: the request that posts or edits one, and how often a platform allows that. Pure. */
import { discordMessage, mattermostMessage, slackMessage, telegramMessage } from "./answer.ts";
import type { ReplyTarget } from "./message.ts";

/** A request to a platform's API; `body` is sent as JSON. */
export interface PostRequest {
  method: "POST" | "PATCH";
  /** Secret: it holds a token. */
  url: string;
  body: unknown;
}

/** Base URLs of the platforms' APIs, without a slash at the end. */
export interface PostEndpoints {
  discord: string;
  telegram: string;
  /** `undefined` where Telegram is not configured. Secret. */
  telegramToken: string | undefined;
}

/**
 * Returns the request that shows `text` at a target, in place of the text before where the platform can do that; `undefined` where the platform is not
 * configured.
 */
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
      const content = telegramMessage(target.chat, text);
      return target.message === undefined
        ? { method: "POST", url: `${telegram}/bot${telegramToken}/sendMessage`, body: content }
        : { method: "POST", url: `${telegram}/bot${telegramToken}/editMessageText`, body: { ...content, message_id: target.message } };
    }
  }
}

/** How often a target may be posted to. All times are in milliseconds since the command came. */
export interface PostRhythm {
  /** When progress is posted for the nth time, from 0; `undefined` where it no longer is. The end of the job is posted at once. */
  progressAt(post: number): number | undefined;
  /** From then on the target takes no post any more. */
  until: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** Slack and Mattermost take five posts within thirty minutes: progress four times, and the end. A minute is left for clocks that differ. */
const RESPONSE_URL: PostRhythm = {
  progressAt: (post) => [15 * SECOND_MS, 60 * SECOND_MS, 5 * MINUTE_MS, 15 * MINUTE_MS][post],
  until: 29 * MINUTE_MS,
};

/** The token of a Discord interaction is good for fifteen minutes. */
const DISCORD: PostRhythm = { progressAt: (post) => (post + 1) * 5 * SECOND_MS, until: 14.5 * MINUTE_MS };

/** Edits of a message of Telegram's in its first two minutes, one each five seconds; from then on there is one each minute. */
const TELEGRAM_QUICK_EDITS = 24;

/** A bot may edit its own message for two days. Telegram's limit, twenty messages a minute in a group, is well above this. */
const TELEGRAM: PostRhythm = {
  progressAt: (post) => Math.min(post, TELEGRAM_QUICK_EDITS) * 5 * SECOND_MS + Math.max(0, post - TELEGRAM_QUICK_EDITS) * MINUTE_MS,
  until: 47 * 60 * MINUTE_MS,
};

/** Returns how often a target may be posted to. */
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
