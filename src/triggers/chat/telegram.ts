/** Telegram bots by webhook (Bot API, `setWebhook` with `secret_token`). */
import { parseJson } from "../../schema/json-text.ts";
import { recordAt, textAt } from "../json-fields.ts";
import { isSecret } from "../signature.ts";
import type { ChatReading, ChatRequest } from "./message.ts";
import { wordsOf } from "./words.ts";

/** Authenticates and reads an update. What is no command is ignored, not malformed: Telegram repeats whatever it gets no 2xx for. */
export async function readTelegram({ headers, body }: ChatRequest, secret: string): Promise<ChatReading> {
  if (!(await isSecret(headers.get("x-telegram-bot-api-secret-token"), secret))) {
    return { outcome: "unauthentic" };
  }
  const parsed = parseJson(new TextDecoder().decode(body));
  const update = recordAt(parsed.ok ? parsed.value : undefined);
  const message = recordAt(update, "message");
  const [user, chat] = [numberText(recordAt(message, "from")?.id), numberText(recordAt(message, "chat")?.id)];
  const text = textAt(message, "text");
  if (update === undefined || user === undefined || chat === undefined || text === undefined) {
    return { outcome: "ignored", reason: "not a text message" };
  }
  if (!text.startsWith("/")) {
    return { outcome: "ignored", reason: "not a command" };
  }
  const [verb = "", ...rest] = wordsOf(text);
  return {
    outcome: "message",
    message: {
      platform: "telegram",
      user: { id: user, name: textAt(message, "from", "username") ?? user },
      channel: chat,
      roles: [],
      // `/copy@ship_bot`: which of several bots is meant. `/start` is how a chat with a bot begins.
      words: [
        verb
          .slice(1)
          .replace(/@.*$/, "")
          .replace(/^start$/, "help"),
        ...rest,
      ],
      id: numberText(update.update_id),
      reply: { kind: "telegram", chat },
    },
  };
}

/** An id as text. Telegram's are whole numbers, negative for groups. */
function numberText(value: unknown): string | undefined {
  return Number.isSafeInteger(value) ? String(value) : undefined;
}
