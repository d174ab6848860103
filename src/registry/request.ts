/** The boundary between what is asked of a registry (manifests, blobs, uploads) and how a request gets there (addresses, tokens, redirects, retries). */
import type { Side } from "../oci/errors.ts";

/** What a token must allow on one repository (distribution token scope). */
export interface Scope {
  /** The repository's path, without the host. */
  repository: string;
  /** At a destination both: to look there whether something is there takes `pull` (Q26). */
  actions: readonly ("pull" | "push")[];
}

/** One end of a copy: a registry host, and how its failures are named. */
export interface Endpoint {
  /** Host and port as users write them: `docker.io`, `registry.internal:5000`. */
  registry: string;
  /** What its API's paths are appended to: `https://registry-1.docker.io`. Its own path may end in a slash or not. */
  base: URL;
  side: Side;
}

/** One request to a registry's API, before anything is known of logins and redirects. */
export interface RegistryRequest {
  method: "HEAD" | "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Also of another host, where the registry has led there. */
  url: URL;
  /** Beside those of the login, which the transport adds. */
  headers?: Readonly<Record<string, string>>;
  /** Bytes can be sent again after a 401 or a 503. A stream can't, so its token is got before it is opened. */
  body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  /** Actions that the request's token needs; the first is the main one (Q27). */
  scopes: readonly Scope[];
  /**
   * Reads an answer of success to its end before it is returned, up to this many bytes, so that a body that breaks off or stalls is retried like a
   * missing answer. @default the caller reads it
   */
  bufferBytes?: number;
  /** Aborts this request and its body, beside the transport's own signal. */
  signal?: AbortSignal;
}

/**
 * A registry's answer, of any status that the transport does not deal with itself (a 401 that a login helps against, redirects of reads, 429, 5xx of
 * repeatable requests).
 */
export interface RegistryResponse {
  response: Response;
  /** Where the answer came from, after redirects: what its relative headers are relative to. */
  url: URL;
}

/** Sends requests to one registry: logs in, follows redirects, retries. */
export interface Transport {
  readonly endpoint: Endpoint;
  /** Sends one request. Fails with a `CopyError` whose side and registry are the endpoint's. The caller reads or cancels the body. */
  send(request: RegistryRequest): Promise<RegistryResponse>;
}
