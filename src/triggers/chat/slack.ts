/** Slack slash commands (docs.slack.dev, "Verifying requests from Slack" and "Implementing slash commands"). */
import { bytesOfHex, isHmac, isRecent, joined } from "../signature.ts";
import type { ChatReading, ChatRequest } from "./message.ts";
import { readSlashForm } from "./slash-form.ts";

/** The configuration of Slack, and the time. */
export interface SlackOptions {
  /** Secret. */
  signingSecret: string;
  /** Origin of Slack's response URLs. A `response_url` with another one is not used. */
  origin: string;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

/** Authenticates and reads a slash command. Its signature is over the timestamp and the body; an old timestamp is refused. */
export async function readSlack({ headers, body }: ChatRequest, { signingSecret, origin, nowMs }: SlackOptions): Promise<ChatReading> {
  const time = headers.get("x-slack-request-timestamp");
  const [, hex] = /^v0=([0-9a-f]{64})$/.exec(headers.get("x-slack-signature") ?? "") ?? [];
  const key = joined(signingSecret);
  if (!isRecent(time, nowMs) || !(await isHmac(key, bytesOfHex(hex), joined(`v0:${time}:`, body)))) {
    return { outcome: "unauthentic" };
  }
  return readSlashForm("slack", body, (url) => URL.parse(url)?.origin === origin);
}
