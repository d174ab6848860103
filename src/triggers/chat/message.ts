/** A command from a chat, once its platform has been understood. Types only. */

export type ChatPlatform = "slack" | "discord" | "mattermost" | "teams" | "telegram";

/** Where an answer that comes later goes. */
export type ReplyTarget =
  /** Slack's and Mattermost's `response_url`: five posts within thirty minutes. */
  | { kind: "response-url"; platform: "slack" | "mattermost"; url: string }
  /** The first message of a Discord interaction, to be edited for fifteen minutes. */
  | { kind: "discord"; application: string; token: string }
  /** A message of our own in a Telegram chat; without `message`, still to be sent. */
  | { kind: "telegram"; chat: string; message?: number };

export interface ChatMessage {
  platform: ChatPlatform;
  user: { id: string; name: string };
  channel: string;
  /** Ids of the roles that the user has there; empty where the platform knows none. */
  roles: readonly string[];
  words: readonly string[];
  /** Names the event at its platform: the same one delivered twice is one command. */
  id: string | undefined;
  /** `null` where only the answer to the request itself is shown. */
  reply: ReplyTarget | null;
}

/** What a request from a chat platform turned out to be. */
export type ChatReading =
  | { outcome: "message"; message: ChatMessage }
  /** The platform wants this and nothing else: a ping, a probe. */
  | { outcome: "handshake"; body: unknown }
  /** Authentic, and nothing to do. */
  | { outcome: "ignored"; reason: string }
  /** Not from the platform, or too old. Says no more than that. */
  | { outcome: "unauthentic" }
  /** Authentic or not, this is no request that the platform sends. */
  | { outcome: "malformed"; detail: string };

/** A request as it came: signatures are over its very bytes. */
export interface ChatRequest {
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
}
