/** The routes of the API, and what they have in common: the configuration is read first, then the caller is authenticated, then the handler runs. */
import { type IRequestStrict, Router } from "itty-router";
import { ComparisonFailed } from "../compare/sides.ts";
import type { Config } from "../config/config.ts";
import { ConfigError } from "../config/config-error.ts";
import { ApiError } from "./api-error.ts";
import { authenticate } from "./authenticate.ts";
import { checkSlack, postChat } from "./chat.ts";
import { getCompare } from "./compare.ts";
import { postCopy } from "./copy.ts";
import type { ApiDeps, Call, OpenCall } from "./deps.ts";
import { getDoctor } from "./doctor.ts";
import { health } from "./health.ts";
import { hookHandshake, postHook } from "./hooks.ts";
import { cancelJob, getJob, jobEvents, listContent, listImages, listJobs, retryJob } from "./jobs.ts";
import { getMetrics } from "./metrics.ts";
import { problemOf, problemResponse } from "./problem.ts";
import { getApiCatalog, getDocs, getOpenApi } from "./service-documents.ts";
import { listSyncs, runSync } from "./syncs.ts";

/** One route: a method at a path, and its handler, which is one of the two. */
export interface Route {
  method: "GET" | "POST";
  /** In the syntax of itty-router: `/jobs/:id`. */
  path: string;
  /** Handles a request whose sender need not be known, or is found out by the handler itself. */
  handleOpen?(call: OpenCall): Promise<Response>;
  /** Handles a request of an authenticated caller. */
  handle?(call: Call): Promise<Response>;
}

/** Every route but `/healthz`, which answers with a broken configuration too. */
export const ROUTES: readonly Route[] = [
  { method: "POST", path: "/copy", handle: postCopy },
  { method: "GET", path: "/jobs", handle: listJobs },
  { method: "GET", path: "/jobs/:id", handle: getJob },
  { method: "GET", path: "/jobs/:id/images", handle: listImages },
  { method: "GET", path: "/jobs/:id/content", handle: listContent },
  { method: "POST", path: "/jobs/:id/cancel", handle: cancelJob },
  { method: "POST", path: "/jobs/:id/retry", handle: retryJob },
  { method: "GET", path: "/jobs/:id/events", handle: jobEvents },
  { method: "GET", path: "/compare", handle: getCompare },
  { method: "GET", path: "/doctor", handle: getDoctor },
  { method: "GET", path: "/metrics", handle: getMetrics },
  { method: "GET", path: "/syncs", handle: listSyncs },
  { method: "POST", path: "/syncs/:name/run", handle: runSync },
  { method: "GET", path: "/chat/slack", handleOpen: checkSlack },
  { method: "POST", path: "/chat/:platform", handleOpen: postChat },
  { method: "POST", path: "/hooks/:name", handleOpen: postHook },
  { method: "POST", path: "/hooks/:name/:secret", handleOpen: postHook },
  { method: "GET", path: "/openapi.json", handleOpen: getOpenApi },
  { method: "GET", path: "/docs", handleOpen: getDocs },
  { method: "GET", path: "/.well-known/api-catalog", handleOpen: getApiCatalog },
];

/** Returns the API. Its `fetch` never rejects: every error becomes an answer. */
export function createRouter(deps: ApiDeps): { fetch(request: Request): Promise<Response> } {
  const router = Router<IRequestStrict, []>({
    catch: (error: unknown) => {
      if (!(error instanceof ApiError) && !(error instanceof ConfigError) && !(error instanceof ComparisonFailed)) {
        deps.onUnexpected?.(error);
      }
      return problemResponse(problemOf(error));
    },
    finally: [finish],
  });
  router.get("/healthz", () => health(deps));
  router.head("/healthz", () => health(deps));
  // With a broken configuration every other request fails in the same way, whether there is something at its path or not.
  router.all("*", () => {
    deps.config();
  });
  for (const { method, path, handle, handleOpen } of ROUTES) {
    const run = async (request: IRequestStrict) => {
      const call = openCall(request, deps.config(), deps);
      if (handle !== undefined && method === "POST") {
        refuseCrossSite(request.headers);
      }
      return handleOpen?.(call) ?? handle?.({ ...call, principal: authenticate(request, call.config, deps.now()) });
    };
    router[method === "GET" ? "get" : "post"](path, run);
    if (method === "GET") {
      router.head(path, run);
    }
  }
  router.options("/hooks/*", (request) => hookHandshake(request.headers));
  for (const [path, allow] of [...allowedMethods(), ["/healthz", "GET, HEAD, OPTIONS"] as const]) {
    router.options(path, () => new Response(null, { status: 204, headers: { allow } }));
    router.all(path, () => {
      throw new ApiError({ kind: "method-not-allowed", allow });
    });
  }
  router.all("*", () => {
    throw new ApiError({ kind: "not-found", detail: "There is nothing at this address." });
  });
  return { fetch: (request) => router.fetch(request) };
}

/**
 * Refuses what a page of another site has a browser send: the browser may add a login that it has kept, and forms and queries need no leave of
 * ours (CORS) to be sent. Only browsers send this header (W3C "Fetch Metadata Request Headers"); commands, bots and webhooks do not.
 */
function refuseCrossSite(headers: Headers): void {
  const site = headers.get("sec-fetch-site") ?? "none";
  if (site !== "none" && site !== "same-origin") {
    throw new ApiError({
      kind: "forbidden",
      faults: [{ detail: "is not taken from a page of another site", pointer: "#" }],
    });
  }
}

function openCall(request: IRequestStrict, config: Config, deps: ApiDeps): OpenCall {
  return { request, url: new URL(request.url), params: request.params, config, deps };
}

/** Each path with the value of `Allow` that its routes make, those with a parameter in place of one of its steps included. */
function allowedMethods(): [path: string, allow: string][] {
  const paths = new Set(ROUTES.map(({ path }) => path));
  return Array.from(paths, (path) => {
    const routes = ROUTES.filter((route) => covers(route.path, path));
    const methods = routes.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    return [path, [...methods, "OPTIONS"].join(", ")];
  });
}

function covers(pattern: string, path: string): boolean {
  const steps = path.split("/");
  const wanted = pattern.split("/");
  return wanted.length === steps.length && wanted.every((step, index) => step.startsWith(":") || step === steps[index]);
}

/** Adds the headers that every answer has. A HEAD request is handled like a GET, and its answer's content dropped (RFC 9110 §9.3.2). */
async function finish(response: Response, request: IRequestStrict): Promise<Response> {
  response.headers.set("cache-control", "no-store");
  response.headers.set("x-content-type-options", "nosniff");
  if (request.method !== "HEAD") {
    return response;
  }
  await response.body?.cancel();
  return new Response(null, { status: response.status, headers: response.headers });
}
