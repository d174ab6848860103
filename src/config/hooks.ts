/** Reads `HOOKS`: which senders may report pushes, how each is authenticated, and what is copied then. */
import * as z from "zod/mini";
import { registryOf } from "../oci/reference.ts";
import type { RegistriesConfig } from "../registry/settings.ts";
import { COPY_OPTIONS, MAX_DESTINATIONS } from "../request/copy-fields.ts";
import { pointerTo } from "../schema/validate.ts";
import { ConfigError } from "./config-error.ts";
import { type HookRule, readHookRule } from "./hook-rules.ts";
import { HOOK_TYPES, type HookSettings, type HookType, settingFault } from "./hook-settings.ts";
import { REPOSITORY_GLOB } from "./rules.ts";
import { structured, structuredAs, type Variables } from "./variables.ts";

/** One entry of `HOOKS`. */
export interface Hook extends HookSettings {
  /** Its name in the URL, and in the jobs that it makes. */
  name: string;
  type: HookType;
  /** The secret itself. `undefined` only where the sender is authenticated in another way. */
  secret: string | undefined;
  rules: readonly HookRule[];
}

/** Most hooks. A Worker's variable holds 5 KB of text, so this many have to be a table in `wrangler.toml`. */
const MAX_HOOKS = 200;
/** Most rules of one hook. */
const MAX_RULES = 100;

/** Longest text of a setting, in characters. */
const MAX_TEXT_LENGTH = 1024;

const text = z.string().check(z.minLength(1), z.maxLength(MAX_TEXT_LENGTH));

const rule = z.strictObject({
  from: REPOSITORY_GLOB,
  to: z.union([text, z.array(text).check(z.minLength(1), z.maxLength(MAX_DESTINATIONS))]),
  ...COPY_OPTIONS,
});

const hook = z.strictObject({
  type: z.enum(HOOK_TYPES),
  secret: z.exactOptional(text),
  copy: z.exactOptional(z.array(rule).check(z.maxLength(MAX_RULES))),
  registry: z.exactOptional(
    text.check(
      z.refine(
        (host: string) => registryOf(host) !== undefined,
        "is not a registry host: it needs a dot, a port, or to be localhost, and has no path",
      ),
    ),
  ),
  header: z.exactOptional(text.check(z.regex(/^[!#$%&'*+.^_`|~\w-]+$/, "must be the name of a header"))),
  signed: z.exactOptional(z.boolean()),
  repositoryKey: z.exactOptional(
    z.string().check(z.regex(/^(?:[a-z0-9._-]+(?:\/[a-z0-9._-]+)*)?$/, "must be lower-case letters, digits, dots, dashes or underscores")),
  ),
  audience: z.exactOptional(text),
  email: z.exactOptional(text),
  jwks: z.exactOptional(text.check(z.refine(isKeyAddress, "must be an https URL, or http at a loopback address"))),
});

const HOOKS = z
  .record(
    z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be 1 to 64 letters, digits, dots, dashes or underscores")),
    hook,
  )
  .check(z.refine((entries) => Object.keys(entries).length <= MAX_HOOKS, `must have at most ${MAX_HOOKS} entries`));

/** Reads `HOOKS`; returns the hooks by name. Throws a {@link ConfigError} for the first fault, also for a rule that could never make a copy request. */
export function readHooks(variables: Variables, registries: RegistriesConfig = {}): ReadonlyMap<string, Hook> {
  const entries = structuredAs(variables, "HOOKS", HOOKS) ?? {};
  // The one name that zod drops without a fault.
  if (Object.hasOwn(Object(structured(variables, "HOOKS") ?? {}), "__proto__")) {
    throw new ConfigError("HOOKS", pointerTo("__proto__"), "has a name that is not allowed");
  }
  return new Map(Object.entries(entries).map(([name, entry]) => [name, readHook(name, entry, variables, registries)]));
}

function readHook(name: string, entry: z.infer<typeof hook>, variables: Variables, registries: RegistriesConfig): Hook {
  const fault = settingFault(entry.type, entry);
  if (fault !== undefined) {
    throw new ConfigError("HOOKS", pointerTo(name, fault.setting), fault.detail);
  }
  const { copy = [], secret, type, ...settings } = entry;
  if (copy.length === 0 && type !== "generic") {
    throw new ConfigError("HOOKS", pointerTo(name, "copy"), "must have at least one rule");
  }
  const rules = copy.map((fields, index) => readHookRule(fields, { type, registries, path: [name, "copy", index] }));
  // zot's events do not say where they come from.
  const registry = settings.registry ?? (type === "zot" ? onlyHost(rules) : undefined);
  if (type === "zot" && registry === undefined) {
    throw new ConfigError(
      "HOOKS",
      pointerTo(name, "registry"),
      'is required for a hook of type "zot" whose rules are not all from one host',
    );
  }
  return {
    ...settings,
    ...(registry === undefined ? {} : { registry }),
    name,
    type,
    secret: secret === undefined ? undefined : secretNamed(secret, name, variables),
    rules,
  };
}

/** The host that every rule's `from` begins with, in its canonical spelling; `undefined` where that is not one host. */
function onlyHost(rules: readonly HookRule[]): string | undefined {
  const hosts = new Set(rules.map(({ from }) => registryOf(from.split("/")[0] ?? "")));
  return hosts.size === 1 ? [...hosts][0] : undefined;
}

/** The value of the secret that a hook names, without white space around it, such as the line end that `echo` adds. */
function secretNamed(secret: string, hookName: string, variables: Variables): string {
  const value = variables[secret];
  const found = typeof value === "string" ? value.trim() : "";
  if (found === "") {
    throw new ConfigError("HOOKS", pointerTo(hookName, "secret"), "must be the name of a secret that is set: npx wrangler secret put NAME");
  }
  return found;
}

function isKeyAddress(address: string): boolean {
  const url = URL.parse(address);
  return (
    url !== null && (url.protocol === "https:" || (url.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname)))
  );
}
