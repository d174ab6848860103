/** `/chat/{platform}`: commands from chats. Answered at once; how a copy goes on is posted later (contract §5). */
import { callbackFault } from "../config/callbacks.ts";
import type { Config } from "../config/config.ts";
import { answerBody } from "../triggers/chat/answer.ts";
import { readDiscord } from "../triggers/chat/discord.ts";
import { readMattermost } from "../triggers/chat/mattermost.ts";
import type { ChatMessage, ChatReading, ChatRequest } from "../triggers/chat/message.ts";
import { readSlack } from "../triggers/chat/slack.ts";
import { readTeams } from "../triggers/chat/teams.ts";
import { readTelegram } from "../triggers/chat/telegram.ts";
import { ApiError } from "./api-error.ts";
import { runChatCommand } from "./chat-command.ts";
import type { OpenCall } from "./deps.ts";
import { jsonResponse } from "./json-response.ts";
import { problemOf } from "./problem.ts";
import { readBodyBytes } from "./read-body.ts";

/** 200 with what the platform shows; 400 for what the platform does not send, 401 for what is not from it; 404 where the platform is not configured. */
export async function postChat(call: OpenCall): Promise<Response> {
  const { request, config, deps, params } = call;
  const platform = readerOf(params.platform ?? "", config, deps.now());
  if (platform === undefined) {
    throw new ApiError({ kind: "not-found", detail: "There is nothing at this address." });
  }
  const reading = await platform({ headers: request.headers, body: await readBodyBytes(request) });
  switch (reading.outcome) {
    case "message":
      return jsonResponse(200, await answer(reading.message, call));
    case "handshake":
      return jsonResponse(200, reading.body);
    case "ignored":
      return jsonResponse(200, { ignored: reading.reason });
    case "unauthentic":
      throw new ApiError({
        kind: "unauthorized",
        detail: "The request is not signed as the platform signs, or too old.",
        presented: false,
      });
    case "malformed":
      throw new ApiError({ kind: "malformed", detail: reading.detail });
  }
}

/**
 * `GET /chat/slack?ssl_check=1`: 200 without content, by which Slack sees from time to time that the certificate is good (docs.slack.dev, "Implementing
 * slash commands"). 405 for any other `GET`, 404 where Slack is not configured.
 */
export async function checkSlack({ config, url }: OpenCall): Promise<Response> {
  if (config.chat.slack === undefined) {
    throw new ApiError({ kind: "not-found", detail: "There is nothing at this address." });
  }
  if (url.searchParams.get("ssl_check") !== "1") {
    throw new ApiError({ kind: "method-not-allowed", allow: "POST, OPTIONS" });
  }
  return new Response(null);
}

/** The reader of a platform's requests; `undefined` where its secrets are not set. */
function readerOf(
  platform: string,
  { chat, registries }: Config,
  nowMs: number,
): ((request: ChatRequest) => Promise<ChatReading>) | undefined {
  const { slack, discord, mattermost, teams, telegram, endpoints } = chat;
  switch (platform) {
    case "slack":
      return slack && ((request) => readSlack(request, { ...slack, origin: new URL(endpoints.slack).origin, nowMs }));
    case "discord":
      return discord && ((request) => readDiscord(request, { ...discord, nowMs }));
    case "mattermost":
      return (
        mattermost &&
        ((request) => readMattermost(request, { ...mattermost, isReplyUrl: (url) => callbackFault(url, registries) === undefined }))
      );
    case "teams":
      return teams && ((request) => readTeams(request, teams.secret));
    case "telegram":
      return telegram && ((request) => readTelegram(request, telegram.secret));
    default:
      return undefined;
  }
}

/** Runs the command. What goes wrong is said in the chat, with status 200: for any other, platforms show "the command failed", or send it again. */
async function answer(message: ChatMessage, call: OpenCall): Promise<unknown> {
  try {
    return await runChatCommand(message, call);
  } catch (error) {
    call.deps.onUnexpected?.(error);
    return answerBody(message, problemOf(error).problem.detail, "user");
  }
}
