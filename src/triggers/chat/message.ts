/** A command from a chat, in one form for all platforms. Types only. */

/** The platforms whose commands are understood. */
export type ChatPlatform = "slack" | "discord" | "mattermost" | "teams" | "telegram";

/** Where later answers are posted. */
export type ReplyTarget =
  /** Slack's and Mattermost's `response_url`: five posts within thirty minutes. */
  | { kind: "response-url"; platform: "slack" | "mattermost"; url: string }
  /** The first message of a Discord interaction, to be edited for fifteen minutes. */
  | { kind: "discord"; application: string; token: string }
  /** A message of our own in a Telegram chat; without `message`, still to be sent. */
  | { kind: "telegram"; chat: string; message?: number };

/** One command of one user. */
export interface ChatMessage {
  platform: ChatPlatform;
  user: { id: string; name: string };
  /** Its id; empty where the platform names none. */
  channel: string;
  /** Ids of the user's roles there; empty where the platform has no roles. */
  roles: readonly string[];
  /** The words of the command, without the name of the bot or slash command that it was given to. */
  words: readonly string[];
  /** The platform's id of the event, by which a command that is delivered twice is carried out once; `undefined` where it has none. */
  id: string | undefined;
  /** Where later answers go; `null` where only the answer to the request itself is shown. */
  reply: ReplyTarget | null;
}

/** What a request to a chat's endpoint turned out to be. */
export type ChatReading =
  | { outcome: "message"; message: ChatMessage }
  /** A ping or a probe, which the platform wants answered with this body. */
  | { outcome: "handshake"; body: unknown }
  /** Authentic, but no command. */
  | { outcome: "ignored"; reason: string }
  /** Not from the platform, or too old; which of the two is not told. */
  | { outcome: "unauthentic" }
  /** No request that the platform sends. */
  | { outcome: "malformed"; detail: string };

/** A request as it came, its body as bytes: signatures are over those. */
export interface ChatRequest {
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
}
