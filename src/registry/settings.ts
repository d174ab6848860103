import type { ProfileName } from "./profiles.ts";

/** What an operator may say about one registry host in `REGISTRIES` (contract §7). Unset fields mean the host's profile, else the default. */
export interface RegistrySettings {
  /** Allows plain HTTP. @default false */
  http?: boolean;
  /** Allows private, loopback and link-local addresses. @default false */
  private?: boolean;
  /** What kind of registry it is. @default told by the host's name, where that is known */
  profile?: ProfileName;
  /** How blobs are uploaded; `patch` is one `PATCH` with the whole blob. `auto`: by the host's profile, falling back where the registry disagrees. @default "auto" */
  upload?: "auto" | "monolithic" | "patch" | "chunked";
  /** Bytes of one chunk where uploads are chunked. */
  chunkSize?: number;
  /** Most carriers at work on this host at once, over all jobs. */
  concurrency?: number;
  /** Most requests to this host in a second, over all jobs. */
  requestsPerSecond?: number;
  /** Create a missing repository on push where the registry needs that (ECR). Others do so themselves, or can't be asked. @default false */
  createRepository?: boolean;
  /** Hosts that may be asked for tokens; a host named here has this registry's `http` and `private` rights for that. @default any public host */
  realms?: readonly string[];
  /** Base URL to talk to instead of `https://<host>`. */
  endpoint?: string;
  /** Where the host's cloud is logged in to instead of its own address: ECR's API, Google's token endpoint, or Entra ID. */
  loginEndpoint?: string;
}

/** All of `REGISTRIES`, by host as users write it in references (`docker.io`, `registry.internal:5000`). */
export type RegistriesConfig = Readonly<Record<string, RegistrySettings>>;
