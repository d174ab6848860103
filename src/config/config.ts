/**
 * Reads the Worker's configuration (contract §7) as a whole: every variable is checked before the first request is served, whether that request needs
 * the variable or not.
 */
import type { CopyRule } from "../policy.ts";
import { type DockerConfig, parseDockerConfig } from "../registry/credentials.ts";
import type { RegistriesConfig } from "../registry/settings.ts";
import { readCallbackSecret } from "./callbacks.ts";
import { type ChatConfig, readChat } from "./chat.ts";
import { assertCreatable, type CloudSecrets, readCloudSecrets } from "./cloud-secrets.ts";
import { ConfigError } from "./config-error.ts";
import { type Hook, readHooks } from "./hooks.ts";
import { type Limits, readLimits } from "./limits.ts";
import { readLogLevel } from "./log-level.ts";
import { readRegistries } from "./registries.ts";
import { COPY_RULES } from "./rules.ts";
import { readSyncs, type SyncEntry } from "./syncs.ts";
import { API_TOKENS, type ApiToken } from "./tokens.ts";
import { flag, structured, structuredAs, type Variables } from "./variables.ts";

/** The whole configuration, checked. */
export interface Config extends Limits {
  /** `REGISTRIES`, by host as parsed references name it. */
  registries: RegistriesConfig;
  /** `REGISTRY_AUTH`. Secret. */
  dockerConfig: DockerConfig;
  /** The secrets of cloud logins. Secret. */
  cloudSecrets: CloudSecrets;
  /** `API_TOKENS`. */
  tokens: ApiToken[];
  /** `ALLOW_ANONYMOUS`. @default false */
  allowAnonymous: boolean;
  /** `POLICY`: what any trigger may copy; `undefined` means anything. */
  policy: CopyRule[] | undefined;
  /** `CALLBACK_SECRET`; unset: callbacks are not signed. Secret. */
  callbackSecret: string | undefined;
  /** `CHAT` and the secrets of the chat platforms. */
  chat: ChatConfig;
  /** `LOG_LEVEL`. @default "info" */
  logLevel: ReturnType<typeof readLogLevel>;
  /** `SYNC`. */
  syncs: SyncEntry[];
  /** `HOOKS`, by name. Holds secrets. */
  hooks: ReadonlyMap<string, Hook>;
}

/** Reads the configuration; throws a {@link ConfigError} for the first thing that is wrong in it. */
export function parseConfig(variables: Variables): Config {
  const registries = readRegistries(variables);
  const dockerConfig = readDockerConfig(variables);
  const cloudSecrets = readCloudSecrets(variables, dockerConfig);
  assertCreatable(registries, cloudSecrets);
  return {
    registries,
    dockerConfig,
    cloudSecrets,
    tokens: structuredAs(variables, "API_TOKENS", API_TOKENS) ?? [],
    allowAnonymous: flag(variables, "ALLOW_ANONYMOUS"),
    policy: structuredAs(variables, "POLICY", COPY_RULES),
    chat: readChat(variables),
    logLevel: readLogLevel(variables),
    callbackSecret: readCallbackSecret(variables),
    syncs: readSyncs(variables, registries),
    hooks: readHooks(variables, registries),
    ...readLimits(variables),
  };
}

const known = new WeakMap<object, Config | ConfigError>();

/** Returns the configuration, or throws its fault, as {@link parseConfig} does, but reads each `env` once: all requests of an isolate share the object. */
export function configOf(env: object): Config {
  let config = known.get(env);
  if (config === undefined) {
    try {
      config = parseConfig(env as Variables);
    } catch (error) {
      if (!(error instanceof ConfigError)) {
        throw error;
      }
      config = error;
    }
    known.set(env, config);
  }
  if (config instanceof ConfigError) {
    throw config;
  }
  return config;
}

/**
 * Reads `REGISTRY_AUTH`. The parser's messages, `at /auths/ghcr.io/auth: must be …`, name the place and never the value; they become a {@link ConfigError}.
 */
function readDockerConfig(variables: Variables): DockerConfig {
  const value = structured(variables, "REGISTRY_AUTH") ?? {};
  try {
    return parseDockerConfig(value);
  } catch (error) {
    const message = error instanceof Error ? error.message : "is not valid";
    const [, place = "", detail = message] = /^at (.*?): (.*)$/s.exec(message) ?? [];
    throw new ConfigError("REGISTRY_AUTH", `#${encodeURI(place === "/" ? "" : place)}`, detail);
  }
}
