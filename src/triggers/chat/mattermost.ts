/** Mattermost slash commands: Slack's form, with a token instead of a signature (developers.mattermost.com, "Slash commands"). */
import { isSecret } from "../signature.ts";
import type { ChatReading, ChatRequest } from "./message.ts";
import { readSlashForm } from "./slash-form.ts";

export interface MattermostOptions {
  token: string;
  /** Whether answers may go to an address. */
  isReplyUrl(url: string): boolean;
}

/** The token comes in the header of newer servers and in the form of all of them. */
export async function readMattermost({ headers, body }: ChatRequest, { token, isReplyUrl }: MattermostOptions): Promise<ChatReading> {
  const [, inHeader] = /^Token (\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  const presented = inHeader ?? new URLSearchParams(new TextDecoder().decode(body)).get("token");
  return (await isSecret(presented, token)) ? readSlashForm("mattermost", body, isReplyUrl) : { outcome: "unauthentic" };
}
