/** Mattermost slash commands: Slack's form, with a token instead of a signature (developers.mattermost.com, "Slash commands"). */
import { isSecret } from "../signature.ts";
import type { ChatReading, ChatRequest } from "./message.ts";
import { readSlashForm } from "./slash-form.ts";

/** The configuration of Mattermost. */
export interface MattermostOptions {
  /** The token of the slash command. Secret. */
  token: string;
  /** Whether answers may be posted to a URL, which is the one that the request names. */
  isReplyUrl(url: string): boolean;
}

/** Authenticates and reads a slash command. Newer servers send the token in a header, all of them in the form. */
export async function readMattermost({ headers, body }: ChatRequest, { token, isReplyUrl }: MattermostOptions): Promise<ChatReading> {
  const [, inHeader] = /^Token (\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  const presented = inHeader ?? new URLSearchParams(new TextDecoder().decode(body)).get("token");
  return (await isSecret(presented, token)) ? readSlashForm("mattermost", body, isReplyUrl) : { outcome: "unauthentic" };
}
