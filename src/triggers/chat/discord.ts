/** Discord interactions over HTTP (docs.discord.com, "Receiving and Responding to Interactions"). */
import { parseJson } from "../../schema/json-text.ts";
import { listAt, recordAt, textAt } from "../json-fields.ts";
import { bytesOfHex, isEd25519, isRecent, joined } from "../signature.ts";
import type { ChatReading, ChatRequest } from "./message.ts";
import { wordsOf } from "./words.ts";

/** `type` of an interaction. */
const PING = 1;
const APPLICATION_COMMAND = 2;

/** `type` of an answer. */
const PONG = 1;

/** Commands that may be registered with Discord under their own name, with options of their own. */
const VERBS: ReadonlySet<string> = new Set(["copy", "status", "cancel", "compare", "help"]);

/** Options of Discord's that are positional arguments in our grammar, in that order. */
const POSITIONS = ["source", "destination", "job", "left", "right"];

/** The configuration of Discord, and the time. */
export interface DiscordOptions {
  /** The application's Ed25519 key, 64 hex digits. */
  publicKey: string;
  applicationId: string;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

/** Authenticates and reads an interaction. Its signature is over the timestamp and the body; an old timestamp is refused. */
export async function readDiscord(
  { headers, body }: ChatRequest,
  { publicKey, applicationId, nowMs }: DiscordOptions,
): Promise<ChatReading> {
  const time = headers.get("x-signature-timestamp");
  const signature = bytesOfHex(headers.get("x-signature-ed25519"));
  const key = bytesOfHex(publicKey) ?? new Uint8Array();
  if (!isRecent(time, nowMs) || !(await isEd25519(key, signature, joined(time ?? "", body)))) {
    return { outcome: "unauthentic" };
  }
  const parsed = parseJson(new TextDecoder().decode(body));
  const interaction = parsed.ok ? parsed.value : undefined;
  switch (recordAt(interaction)?.type) {
    case PING:
      return { outcome: "handshake", body: { type: PONG } };
    case APPLICATION_COMMAND:
      return readInteraction(interaction, applicationId);
    default:
      return { outcome: "malformed", detail: "This is neither a ping nor an application command." };
  }
}

function readInteraction(interaction: unknown, applicationId: string): ChatReading {
  const user = recordAt(interaction, "member", "user") ?? recordAt(interaction, "user");
  const id = textAt(user, "id");
  const token = textAt(interaction, "token");
  if (
    id === undefined ||
    token === undefined ||
    !/^[\w.-]{1,1024}$/.test(token) ||
    textAt(interaction, "application_id") !== applicationId
  ) {
    return { outcome: "malformed", detail: "The interaction has no user or no token, or belongs to another application." };
  }
  return {
    outcome: "message",
    message: {
      platform: "discord",
      user: { id, name: textAt(user, "username") ?? id },
      channel: textAt(interaction, "channel_id") ?? "",
      roles: listAt(interaction, "member", "roles").filter((role) => typeof role === "string"),
      words: commandWords(recordAt(interaction, "data")),
      id: textAt(interaction, "id"),
      reply: { kind: "discord", application: applicationId, token },
    },
  };
}

/** The words of a command: `/copy source:a destination:b platform:c` means the same as `/transship command:copy a b --platform c`. */
function commandWords(data: unknown): string[] {
  const name = (textAt(data, "name") ?? "").toLowerCase();
  const options = listAt(data, "options").map((option) => ({
    name: (textAt(option, "name") ?? "").replaceAll("_", "-"),
    value: recordAt(option)?.value,
  }));
  if (!VERBS.has(name)) {
    return wordsOf(options.map(({ value }) => String(value ?? "")).join(" "));
  }
  const positional = POSITIONS.flatMap((position) =>
    options.filter((option) => option.name === position).map(({ value }) => String(value)),
  );
  const flags = options
    .filter((option) => !POSITIONS.includes(option.name) && option.value !== false)
    .flatMap((option) => (option.value === true ? [`--${option.name}`] : [`--${option.name}`, String(option.value)]));
  return [name, ...positional, ...flags];
}
