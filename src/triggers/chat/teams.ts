/** Microsoft Teams outgoing webhooks, which only take the answer to the request itself (learn.microsoft.com, "Create an Outgoing Webhook"). */
import { parseJson } from "../../schema/json-text.ts";
import { recordAt, textAt } from "../json-fields.ts";
import { bytesOfBase64, isHmac } from "../signature.ts";
import type { ChatReading, ChatRequest } from "./message.ts";
import { wordsOf } from "./words.ts";

/** Authenticates and reads a message. `secret` is in base64, as Teams shows it; the signature is the HMAC-SHA256 of the body. */
export async function readTeams({ headers, body }: ChatRequest, secret: string): Promise<ChatReading> {
  const [, mac] = /^HMAC (\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  if (!(await isHmac(bytesOfBase64(secret) ?? new Uint8Array(), bytesOfBase64(mac), body))) {
    return { outcome: "unauthentic" };
  }
  const parsed = parseJson(new TextDecoder().decode(body));
  const activity = parsed.ok ? parsed.value : undefined;
  const from = recordAt(activity, "from");
  const id = textAt(from, "aadObjectId") ?? textAt(from, "id");
  if (recordAt(activity)?.type !== "message" || id === undefined) {
    return { outcome: "malformed", detail: "This is no message of an outgoing webhook." };
  }
  return {
    outcome: "message",
    message: {
      platform: "teams",
      user: { id, name: textAt(from, "name") ?? id },
      channel: textAt(activity, "channelData", "channel", "id") ?? textAt(activity, "conversation", "id") ?? "",
      roles: [],
      words: wordsOf(plainText(textAt(activity, "text") ?? "")),
      id: textAt(activity, "id"),
      reply: null,
    },
  };
}

/** The text without the mention of this webhook at its beginning, and without the markup that the editor of Teams adds. */
function plainText(html: string): string {
  return html
    .replace(/<at\b[^>]*>[^<]*<\/at>/gi, " ")
    .replace(/<\/?(?:p|div|span|br|a|code|pre)\b[^<>]*>/gi, " ")
    .replace(/&nbsp;|\u00a0/g, " ")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'");
}
