/**
 * Credentials as a Docker `config.json` gives them, and which of them belong to a repository (containers-auth.json(5), docker config file).
 */
import { canonicalHost } from "../oci/reference.ts";
import { parseUserPassword } from "./basic.ts";

/** The credentials of one entry of the configuration. Fields that the entry does not have are unset. */
export interface Credentials {
  /** The entry's key. Not secret; keeps tokens of different users apart (Q24). */
  id: string;
  /** With the password, for Basic and for token servers. */
  username?: string;
  password?: string;
  /** A refresh token, to be exchanged at the token server; preferred to the password there (Q20, Q47). */
  identityToken?: string;
  /** A ready bearer token, to be sent as it is (Q23). */
  registryToken?: string;
}

/** An entry whose credentials come from a credential helper: with Docker a program, here the login of a cloud. */
export interface HelperMark {
  /** Its name, without `docker-credential-` before it. */
  helper: string;
  /** The entry's key. */
  id: string;
}

interface Entry {
  /** Registry host in lower case, Docker Hub's several names as `docker.io`. */
  host: string;
  /** Repository, or the path above several, that it is for; empty for all of the host. */
  path: string;
  /** Whether the key is the bare host or path, not a URL of older Docker versions. */
  exact: boolean;
  gives: Credentials | HelperMark;
}

/** Returns the names of the helpers that a configuration uses. */
export function helpersOf(config: DockerConfig): Set<string> {
  return new Set(config.entries.flatMap(({ gives }) => ("helper" in gives ? [gives.helper] : [])));
}

/** A parsed configuration. Secret. */
export interface DockerConfig {
  /** In no order that counts: {@link credentialsFor} chooses among them. */
  readonly entries: readonly Entry[];
}

/**
 * Reads a Docker `config.json`: `auths`, `credHelpers`, `credsStore`; other keys are ignored. An entry without credentials stands for the
 * `credsStore` where there is one, and is ignored otherwise (Q46).
 *
 * Throws an `Error` that names the place as a JSON pointer and says what is wrong there, but never quotes the value: that may be a secret.
 */
export function parseDockerConfig(json: unknown): DockerConfig {
  const config = asObject(json, "");
  const store = asText(config.credsStore, "/credsStore");
  const entries: Entry[] = [];
  for (const [key, helper] of Object.entries(asObject(config.credHelpers ?? {}, "/credHelpers"))) {
    const name = asText(helper, pointer("credHelpers", key));
    if (name !== undefined) {
      entries.push({ ...parseKey(key, "/credHelpers"), gives: { helper: name, id: key } });
    }
  }
  for (const [key, value] of Object.entries(asObject(config.auths ?? {}, "/auths"))) {
    const place = parseKey(key, "/auths");
    const credentials = parseAuth(key, asObject(value ?? {}, pointer("auths", key)));
    if (credentials !== undefined) {
      entries.push({ ...place, gives: credentials });
    } else if (store !== undefined) {
      entries.push({ ...place, gives: { helper: store, id: key } });
    }
  }
  return { entries };
}

/**
 * Returns the credentials for a repository of a registry, both as references name them: those whose key matches the longest part of host and path
 * (Q45). Of two keys of the same length a helper's comes first, as with Docker. `undefined` means: anonymous.
 */
export function credentialsFor(config: DockerConfig, registry: string, repository: string): Credentials | HelperMark | undefined {
  const host = canonicalHost(registry);
  let best: Entry | undefined;
  for (const entry of config.entries) {
    const matches = entry.host === host && (entry.path === "" || `${repository}/`.startsWith(`${entry.path}/`));
    if (matches && (best === undefined || isNearer(entry, best))) {
      best = entry;
    }
  }
  return best?.gives;
}

function isNearer(entry: Entry, other: Entry): boolean {
  if (entry.path.length !== other.path.length) {
    return entry.path.length > other.path.length;
  }
  const isHelper = (each: Entry) => "helper" in each.gives;
  return isHelper(entry) === isHelper(other) ? entry.exact && !other.exact : isHelper(entry);
}

/** Keys with a scheme, or with `v1` or `v2` as their path, are of older Docker versions and mean the whole host (Q44). */
function parseKey(key: string, parent: string): { host: string; path: string; exact: boolean } {
  const rest = key.trim().replace(/^https?:\/\//i, "");
  const slash = rest.indexOf("/");
  const host = slash === -1 ? rest : rest.slice(0, slash);
  const path = slash === -1 ? "" : rest.slice(slash + 1).replace(/\/+$/, "");
  if (host === "" || /[\s@?#]/.test(rest)) {
    throw new Error(`at ${parent}: a key is not a registry host, with or without a path`);
  }
  const isUrl = rest.length < key.trim().length || path === "v1" || path === "v2";
  return { host: canonicalHost(host.toLowerCase()), path: isUrl ? "" : path, exact: !isUrl };
}

/** `auth` wins over `username` and `password` (Q47). */
function parseAuth(key: string, entry: Record<string, unknown>): Credentials | undefined {
  const text = (name: string) => asText(entry[name], pointer("auths", key, name));
  const auth = text("auth");
  const pair = auth === undefined ? { username: text("username"), password: text("password") } : parseUserPassword(auth);
  if (pair === undefined) {
    throw new Error(`at ${pointer("auths", key, "auth")}: must be base64 of "user:password"`);
  }
  if (pair.username?.includes(":")) {
    throw new Error(`at ${pointer("auths", key, "username")}: must have no colon`);
  }
  const identityToken = text("identitytoken");
  const registryToken = text("registrytoken");
  const isEmpty = pair.password === undefined || (pair.username === "" && pair.password === "");
  if (isEmpty && identityToken === undefined && registryToken === undefined) {
    return undefined;
  }
  return {
    id: key,
    ...(pair.username === undefined ? {} : { username: pair.username }),
    ...(pair.password === undefined ? {} : { password: pair.password }),
    ...(identityToken === undefined ? {} : { identityToken }),
    ...(registryToken === undefined ? {} : { registryToken }),
  };
}

function asObject(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`at ${at === "" ? "/" : at}: must be an object`);
  }
  return value as Record<string, unknown>;
}

/** Empty text counts as absent: tools write `"auth": ""`. */
function asText(value: unknown, at: string): string | undefined {
  if (value === undefined || value === null || value === "") {
    return undefined;
  }
  if (typeof value !== "string") {
    throw new Error(`at ${at}: must be text`);
  }
  return value;
}

function pointer(...parts: string[]): string {
  return parts.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
