/** Which handler a path belongs to (distribution spec, "Endpoints"). */
import { type Answer, type Exchange, failure, htmlPage, inStyle, methodNotAllowed, pageNotFound } from "./answer.ts";
import { type AuthOptions, needsOf, refuse } from "./auth.ts";
import { answerBlob, serveBlob } from "./blobs.ts";
import { listReferrers, listTags } from "./listings.ts";
import { answerManifest } from "./manifests.ts";
import type { Quirks } from "./quirks.ts";
import type { Sessions } from "./sessions.ts";
import type { StorageLinks } from "./storage-links.ts";
import type { Store } from "./store.ts";
import type { TokenService } from "./tokens.ts";
import { answerUpload, startUpload } from "./uploads.ts";

/** Everything a handler may need, as it is at the moment of a request. */
export interface RegistryState {
  store: Store;
  quirks: Quirks;
  sessions: Sessions;
  links: StorageLinks;
  auth: AuthOptions;
  tokens: { service: TokenService; realm: string } | undefined;
  storageOrigin: string;
}

/** Grammar of repository names (distribution spec, "Pulling manifests"). */
const NAME = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*";
const TAG = "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}";
const DIGEST = "[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[A-Za-z0-9=_-]+";

interface Route {
  pattern: RegExp;
  methods: readonly string[];
  answer: (state: RegistryState, exchange: Exchange, name: string, rest: string) => Answer | Promise<Answer>;
}

/** The first that fits. */
const ROUTES: readonly Route[] = [
  {
    pattern: /^\/v2\/$/,
    methods: ["GET", "HEAD"],
    answer: () => ({ status: 200, headers: { "content-type": "application/json; charset=utf-8" }, body: "{}" }),
  },
  {
    pattern: new RegExp(`^/v2/(${NAME})/tags/list$`),
    methods: ["GET"],
    answer: ({ store, quirks }, exchange, name) => listTags(store, quirks, exchange, name),
  },
  {
    pattern: new RegExp(`^/v2/(${NAME})/referrers/(${DIGEST})$`),
    methods: ["GET"],
    answer: ({ store, quirks }, exchange, name, digest) => listReferrers(store, quirks, exchange, name, digest),
  },
  {
    pattern: new RegExp(`^/v2/(${NAME})/manifests/(${TAG}|${DIGEST})$`),
    methods: ["DELETE", "GET", "HEAD", "PUT"],
    answer: answerManifest,
  },
  {
    pattern: new RegExp(`^/v2/(${NAME})/blobs/uploads/$`),
    methods: ["POST"],
    answer: startUpload,
  },
  {
    pattern: new RegExp(`^/v2/(${NAME})/blobs/uploads/([a-zA-Z0-9-_.=]+)$`),
    methods: ["DELETE", "GET", "PATCH", "PUT"],
    answer: (state, exchange, _name, id) => answerUpload(state, exchange, id),
  },
  {
    pattern: new RegExp(`^/artifacts-uploads/namespaces/1/repositories/(${NAME})/uploads/([a-zA-Z0-9-]+)$`),
    methods: ["DELETE", "GET", "PATCH", "PUT"],
    answer: (state, exchange, _name, id) => answerUpload(state, exchange, id),
  },
  {
    pattern: new RegExp(`^/v2/(${NAME})/blobs/(${DIGEST})$`),
    methods: ["DELETE", "GET", "HEAD"],
    answer: (state, exchange, name, digest) =>
      answerBlob(
        { ...state, signLink: (repository, blob) => state.links.sign(state.storageOrigin, repository, blob) },
        exchange,
        name,
        digest,
      ),
  },
];

/** Answers a request to the registry's own host. */
export async function answerRegistry(state: RegistryState, exchange: Exchange): Promise<Answer> {
  if (exchange.path.startsWith("/storage/")) {
    return answerStorage(state, exchange);
  }
  if (exchange.path === "/token" && state.tokens !== undefined) {
    // For realms that are relative (Q9).
    return await state.tokens.service.answer(exchange);
  }
  const answer = inStyle(await route(state, exchange), state.quirks.errorStyle);
  return { ...answer, headers: { "docker-distribution-api-version": "registry/2.0", ...answer.headers } };
}

async function route(state: RegistryState, exchange: Exchange): Promise<Answer> {
  if (exchange.path === "/v2") {
    return { status: 301, headers: { location: "/v2/" } };
  }
  const { maxBody } = state.quirks;
  if (maxBody > 0 && Number(exchange.headers["content-length"] ?? 0) > maxBody) {
    return { status: 413, headers: { "content-type": "text/html" }, body: htmlPage(413) };
  }
  for (const { pattern, methods, answer } of ROUTES) {
    const match = pattern.exec(exchange.path);
    if (match === null) {
      continue;
    }
    const [, name, rest] = match;
    const refusal = refuse(state.auth, state.tokens, exchange, needsOf(exchange, name));
    if (refusal !== undefined) {
      return refusal;
    }
    return methods.includes(exchange.method) ? await answer(state, exchange, name ?? "", rest ?? "") : methodNotAllowed(methods.join(", "));
  }
  return exchange.path.endsWith("/blobs/uploads/") ? failure("NAME_INVALID", "invalid repository name") : pageNotFound();
}

/**
 * Answers a request to the storage host: signed links to blobs, and uploads whose Location is there. As object storage
 * does, it takes no Authorization beside a signature (Q54).
 */
export async function answerStorage(state: RegistryState, exchange: Exchange): Promise<Answer> {
  const { blobRedirect } = state.quirks;
  if (blobRedirect !== false && blobRedirect.login) {
    const { authorization = "" } = exchange.headers;
    if (state.tokens?.service.accessOf(authorization.replace(/^Bearer /, "")) === undefined) {
      const challenge = `Bearer realm="${state.tokens?.realm}",service="${state.tokens?.service.service}",scope="storage:read"`;
      return { status: 401, headers: { "www-authenticate": challenge } };
    }
    return await serveStored(state, exchange);
  }
  // A relative redirect stays on the registry's host, where a client rightly goes on sending it.
  if (exchange.headers.authorization !== undefined && exchange.origin === state.storageOrigin) {
    return xml(400, "InvalidArgument", "Only one auth mechanism allowed");
  }
  const upload = /^\/uploads\/([a-z0-9-]+)$/.exec(exchange.path);
  if (upload !== null) {
    const signed = /(^|[?&])signature=a\/b%20c%3D(&|$)/.test(exchange.rawQuery);
    return signed ? await answerUpload(state, exchange, upload[1] ?? "") : xml(403, "SignatureDoesNotMatch", "the query was changed");
  }
  return await serveStored(state, exchange);
}

async function serveStored(state: RegistryState, exchange: Exchange): Promise<Answer> {
  const link = /^\/storage\/([a-zA-Z0-9_-]+)$/.exec(exchange.path);
  const target = link === null ? undefined : state.links.find(link[1] ?? "");
  if (target === undefined) {
    return xml(403, "AccessDenied", "Request has expired");
  }
  if (exchange.method !== "GET") {
    return xml(403, "SignatureDoesNotMatch", "this link is signed for GET");
  }
  const content = state.store.blob(target.repository, target.digest);
  return content === undefined ? xml(404, "NoSuchKey", "no such blob") : serveBlob(content, target.digest, exchange, state.quirks);
}

function xml(status: number, code: string, message: string): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { "content-type": "application/xml" }, body };
}
