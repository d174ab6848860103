/** Chat: the platforms' secrets, and `CHAT`, which says who may do what there. */
import * as z from "zod/mini";
import type { CopyRule } from "../policy.ts";
import { ConfigError } from "./config-error.ts";
import { COPY_RULES } from "./rules.ts";
import { structuredAs, type Variables } from "./variables.ts";

/** Allows whoever meets all of its conditions. An empty rule would be everybody, and is refused. */
export interface ChatRule {
  /** Ids of users, as the platform gives them; names change hands. */
  users?: string[];
  channels?: string[];
  /** Discord only. */
  roles?: string[];
  allow: CopyRule[];
}

/** Each platform that has its secrets; an address of one that has none does not exist. Secret. */
export interface ChatConfig {
  slack?: { signingSecret: string };
  discord?: { publicKey: string; applicationId: string };
  mattermost?: { token: string };
  teams?: { secret: string };
  telegram?: { secret: string; botToken: string };
  rules: Readonly<Record<string, readonly ChatRule[]>>;
  /** Where the platforms' own interfaces are. */
  endpoints: { slack: string; discord: string; telegram: string };
}

const ids = z.array(z.string().check(z.minLength(1), z.maxLength(256))).check(z.minLength(1));

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

/** Two secrets that are of no use without each other. */
function pair(variables: Variables, one: string, other: string): [string, string] | undefined {
  const [first, second] = [secret(variables, one), secret(variables, other)];
  if ((first === undefined) !== (second === undefined)) {
    throw new ConfigError(first === undefined ? one : other, "#", `is missing beside ${first === undefined ? other : one}`);
  }
  return first === undefined || second === undefined ? undefined : [first, second];
}
