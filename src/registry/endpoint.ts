/** Where a registry's API is: from the host that users write in references to the URLs of requests. */
import type { Side } from "../oci/errors.ts";
import { DOCKER_HUB } from "../oci/reference.ts";
import type { Endpoint } from "./request.ts";
import type { RegistrySettings } from "./settings.ts";

/** Docker Hub's API does not answer at the name it has in references: `https://docker.io/v2/` redirects to a web page (Q41). */
const DOCKER_HUB_API = "registry-1.docker.io";

/**
 * The endpoint of a registry as one side of a copy.
 *
 * `registry` is host and port as in a parsed reference. HTTPS, unless the settings allow plain HTTP, in which case it is plain
 * HTTP; an `endpoint` in the settings replaces scheme, host and port, and may add a path under which the API lies.
 */
export function endpointFor(registry: string, settings: RegistrySettings | undefined, side: Side): Endpoint {
  return { registry, base: baseUrl(registry, settings), side };
}

function baseUrl(registry: string, settings: RegistrySettings | undefined): URL {
  if (settings?.endpoint !== undefined) {
    const base = new URL(settings.endpoint);
    base.search = "";
    base.hash = "";
    return base;
  }
  const host = registry === DOCKER_HUB ? DOCKER_HUB_API : registry;
  return new URL(`${settings?.http === true ? "http" : "https"}://${host}`);
}

/** The text before `/v2/`, by base URL: asking a URL for its parts costs more than all else about the next one. */
const roots = new WeakMap<URL, string>();

function rootOf(base: URL): string {
  const root = roots.get(base) ?? base.origin + base.pathname.replace(/\/+$/, "");
  roots.set(base, root);
  return root;
}

/** Returns the URL of `/v2/`, at which a registry says whether it has the API and how to log in (distribution-spec, "Determining Support"). */
export function apiRootUrl(endpoint: Endpoint): URL {
  return new URL(`${rootOf(endpoint.base)}/v2/`);
}

/** The URL of `/v2/<repository>/<path>`. `path` may end in a slash, which matters for `blobs/uploads/` (Q77), and may carry a query. */
export function repositoryUrl(endpoint: Endpoint, repository: string, path: string): URL {
  return new URL(`${rootOf(endpoint.base)}/v2/${repository}/${path}`);
}
