/** Reads `REGISTRIES`: settings for single registry hosts. */
import * as z from "zod/mini";
import type { Permits } from "../net/address.ts";
import { registryOf } from "../oci/reference.ts";
import { PROFILES, type ProfileName } from "../registry/profiles.ts";
import type { RegistriesConfig, RegistrySettings } from "../registry/settings.ts";
import { pointerTo } from "../schema/validate.ts";
import { ConfigError } from "./config-error.ts";
import { structuredAs, type Variables } from "./variables.ts";

/** Smallest chunk that may be set: with smaller ones most of the traffic would be headers. */
const MIN_CHUNK_BYTES = 1024;
/** Largest chunk: the largest part of an upload to S3, which is where many registries store chunks. */
const MAX_CHUNK_BYTES = 5 * 1024 ** 3;
/** Most carriers at once on one host; each is an invocation of its own with six connections. */
const MAX_CONCURRENCY = 64;
/** Most requests a second that may be set; a larger number is taken for a mistake. */
const MAX_REQUESTS_PER_SECOND = 10_000;

/** A host, with a port where it is not the usual one; in lower case, as `URL.host` gives it. */
const realmHost = z.pipe(
  z.string().check(z.refine((host) => hostOf(host) !== undefined, "must be a host, with a port where it needs one")),
  z.transform((host: string) => hostOf(host) ?? host),
);

const settings = z.strictObject({
  http: z.exactOptional(z.boolean()),
  private: z.exactOptional(z.boolean()),
  profile: z.exactOptional(z.enum(Object.keys(PROFILES) as ProfileName[])),
  upload: z.exactOptional(z.enum(["auto", "monolithic", "patch", "chunked"])),
  chunkSize: z.exactOptional(z.int().check(z.minimum(MIN_CHUNK_BYTES), z.maximum(MAX_CHUNK_BYTES))),
  concurrency: z.exactOptional(z.int().check(z.minimum(1), z.maximum(MAX_CONCURRENCY))),
  requestsPerSecond: z.exactOptional(z.number().check(z.positive(), z.maximum(MAX_REQUESTS_PER_SECOND))),
  createRepository: z.exactOptional(z.boolean()),
  realms: z.exactOptional(z.array(realmHost)),
  endpoint: z.exactOptional(z.string()),
  loginEndpoint: z.exactOptional(z.string()),
});

const REGISTRIES = z.record(z.string(), settings);

/**
 * Reads `REGISTRIES`. Hosts are returned as parsed references name them (in lower case, Docker Hub under any of its names as `docker.io`), endpoints
 * without a slash at the end. Throws a {@link ConfigError} for the first fault.
 */
export function readRegistries(variables: Variables): RegistriesConfig {
  const hosts = new Map<string, RegistrySettings>();
  for (const [key, value] of Object.entries(structuredAs(variables, "REGISTRIES", REGISTRIES) ?? {})) {
    // Nobody would notice an entry that no reference can name.
    const host = registryOf(key);
    if (host === undefined) {
      throw new ConfigError(
        "REGISTRIES",
        pointerTo(key),
        "is not a registry host: it needs a dot, a port, or to be localhost, and has no path",
      );
    }
    if (hosts.has(host)) {
      throw new ConfigError("REGISTRIES", pointerTo(key), `is the same registry as an entry before it: ${host}`);
    }
    hosts.set(host, withUrl(key, withUrl(key, value, "endpoint"), "loginEndpoint"));
  }
  return Object.fromEntries(hosts);
}

/** Returns what is allowed at a host, plain HTTP and private addresses: what its own entry in `REGISTRIES` says, neither without one. */
export function permitsOf(registries: RegistriesConfig): Permits {
  return (host) => {
    const { http = false, private: isPrivate = false } = (Object.hasOwn(registries, host) && registries[host]) || {};
    return { http, private: isPrivate };
  };
}

/** The entry with one of its URLs checked and without a slash at its end. */
function withUrl(key: string, entry: RegistrySettings, field: "endpoint" | "loginEndpoint"): RegistrySettings {
  const endpoint = entry[field];
  if (endpoint === undefined) {
    return entry;
  }
  const url = URL.parse(endpoint);
  const fault =
    url === null || (url.protocol !== "https:" && url.protocol !== "http:")
      ? "must be an https URL"
      : url.protocol === "http:" && entry.http !== true
        ? 'must be an https URL, unless "http" is true'
        : url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== ""
          ? "must have no user, query or fragment: credentials belong in REGISTRY_AUTH"
          : undefined;
  if (url === null || fault !== undefined) {
    throw new ConfigError("REGISTRIES", pointerTo(key, field), fault ?? "is not valid");
  }
  return { ...entry, [field]: url.href.replace(/\/+$/, "") };
}

function hostOf(text: string): string | undefined {
  const url = /[/\\?#@\s]/.test(text) ? null : URL.parse(`https://${text}`);
  return url === null || url.host === "" ? undefined : url.host;
}
