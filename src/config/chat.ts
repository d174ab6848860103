/** Reads what concerns chats: the platforms' secrets, and `CHAT`, which says who may do what there. */
import * as z from "zod/mini";
import type { CopyRule } from "../policy.ts";
import { ConfigError } from "./config-error.ts";
import { COPY_RULES } from "./rules.ts";
import { structuredAs, type Variables } from "./variables.ts";

/** Allows copies to whoever meets all of its conditions. A rule without conditions would allow them to everybody, and is refused. */
export interface ChatRule {
  /** Ids of users, as the platform sends them. Names would not do: another user can take a name over. */
  users?: string[];
  /** Ids of channels. */
  channels?: string[];
  /** Ids of roles; Discord only. */
  roles?: string[];
  allow: CopyRule[];
}

/** The configuration of chats. A platform is there where its secrets are set; without, its endpoint answers 404. Holds secrets. */
export interface ChatConfig {
  slack?: { signingSecret: string };
  discord?: { publicKey: string; applicationId: string };
  mattermost?: { token: string };
  teams?: { secret: string };
  telegram?: { secret: string; botToken: string };
  /** `CHAT`, by platform. */
  rules: Readonly<Record<string, readonly ChatRule[]>>;
  /** Base URLs of the platforms' own APIs, without a slash at the end. */
  endpoints: { slack: string; discord: string; telegram: string };
}

/** Longest id of a user, channel or role, in characters. The longest that are known, those of Teams' channels, have under a hundred. */
const MAX_ID_LENGTH = 256;

const ids = z.array(z.string().check(z.minLength(1), z.maxLength(MAX_ID_LENGTH))).check(z.minLength(1));

const rule = z
  .strictObject({ users: z.exactOptional(ids), channels: z.exactOptional(ids), roles: z.exactOptional(ids), allow: COPY_RULES })
  .check(
    z.refine(
      ({ users, channels, roles }) => users !== undefined || channels !== undefined || roles !== undefined,
      "must name users, channels or roles: a rule for everybody is not taken",
    ),
  );

const rules = z.exactOptional(z.array(rule));

const CHAT = z.strictObject({ slack: rules, discord: rules, mattermost: rules, teams: rules, telegram: rules });

const endpoint = z.exactOptional(z.string().check(z.regex(/^https?:\/\/[^\s?#]+$/, "must be an http or https URL")));

const CHAT_ENDPOINTS = z.strictObject({ slack: endpoint, discord: endpoint, telegram: endpoint });

/**
 * Reads `CHAT`, `CHAT_ENDPOINTS` and the secrets of the platforms. Throws a {@link ConfigError} for the first fault, such as a secret without the other one
 * that it needs.
 */
export function readChat(variables: Variables): ChatConfig {
  const endpoints = structuredAs(variables, "CHAT_ENDPOINTS", CHAT_ENDPOINTS) ?? {};
  const signingSecret = secret(variables, "SLACK_SIGNING_SECRET");
  const discord = pair(variables, "DISCORD_PUBLIC_KEY", "DISCORD_APPLICATION_ID");
  const token = secret(variables, "MATTERMOST_TOKEN");
  const teams = secret(variables, "TEAMS_SECRET");
  const telegram = pair(variables, "TELEGRAM_SECRET", "TELEGRAM_BOT_TOKEN");
  if (discord !== undefined && !/^[0-9a-f]{64}$/i.test(discord[0])) {
    throw new ConfigError("DISCORD_PUBLIC_KEY", "#", "must be 64 hex digits, as the application's page shows it");
  }
  if (teams !== undefined && !/^[A-Za-z0-9+/]+={0,2}$/.test(teams)) {
    throw new ConfigError("TEAMS_SECRET", "#", "must be base64, as Teams shows it when the webhook is made");
  }
  return {
    ...(signingSecret === undefined ? {} : { slack: { signingSecret } }),
    ...(discord === undefined ? {} : { discord: { publicKey: discord[0], applicationId: discord[1] } }),
    ...(token === undefined ? {} : { mattermost: { token } }),
    ...(teams === undefined ? {} : { teams: { secret: teams } }),
    ...(telegram === undefined ? {} : { telegram: { secret: telegram[0], botToken: telegram[1] } }),
    rules: structuredAs(variables, "CHAT", CHAT) ?? {},
    endpoints: {
      slack: endpoints.slack ?? "https://hooks.slack.com",
      discord: endpoints.discord ?? "https://discord.com/api/v10",
      telegram: endpoints.telegram ?? "https://api.telegram.org",
    },
  };
}

/** A secret's text, without white space around it; `undefined` where it is unset or empty. */
function secret(variables: Variables, name: string): string | undefined {
  const value = variables[name];
  if (value === undefined || value === null || value === "") {
    return undefined;
  }
  if (typeof value !== "string") {
    throw new ConfigError(name, "#", "must be text");
  }
  return value.trim();
}

/** Two secrets that only work together; `undefined` where neither is set, a fault where one is missing. */
function pair(variables: Variables, one: string, other: string): [string, string] | undefined {
  const [first, second] = [secret(variables, one), secret(variables, other)];
  if ((first === undefined) !== (second === undefined)) {
    throw new ConfigError(first === undefined ? one : other, "#", `is missing beside ${first === undefined ? other : one}`);
  }
  return first === undefined || second === undefined ? undefined : [first, second];
}
