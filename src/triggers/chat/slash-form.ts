/** The form that Slack and Mattermost send for a slash command. Pure. */
import type { ChatReading } from "./message.ts";
import { wordsOf } from "./words.ts";

/** Reads the form of an authentic request. `isReplyUrl` says whether answers may be posted to a `response_url`; one that may not is left out. */
export function readSlashForm(platform: "slack" | "mattermost", body: Uint8Array, isReplyUrl: (url: string) => boolean): ChatReading {
  const form = new URLSearchParams(new TextDecoder().decode(body));
  const field = (name: string) => form.get(name) ?? "";
  if (form.get("ssl_check") === "1") {
    return { outcome: "handshake", body: {} };
  }
  if (field("command") === "" || field("user_id") === "") {
    return { outcome: "malformed", detail: "This is no slash command: it has no command or no user_id." };
  }
  const url = field("response_url");
  return {
    outcome: "message",
    message: {
      platform,
      user: { id: field("user_id"), name: field("user_name") || field("user_id") },
      channel: field("channel_id"),
      roles: [],
      words: wordsOf(field("text")),
      id: field("trigger_id") || undefined,
      reply: url !== "" && isReplyUrl(url) ? { kind: "response-url", platform, url } : null,
    },
  };
}
