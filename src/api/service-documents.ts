/** The documents that describe the API: as OpenAPI, as a page, and the catalog that names both. They need no token. */
import type { OpenCall } from "./deps.ts";
import { jsonResponse } from "./json-response.ts";
import { DOCS_POLICY, docsPage } from "./openapi/docs-page.ts";
import { openApiDocument } from "./openapi/openapi.ts";

/** `GET /openapi.json`: 200 with the OpenAPI document. */
export async function getOpenApi(): Promise<Response> {
  return jsonResponse(200, openApiDocument(), { "content-type": "application/openapi+json" });
}

/** `GET /docs`: 200 with the same document as a page of HTML. */
export async function getDocs(): Promise<Response> {
  return new Response(docsPage(), { headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": DOCS_POLICY } });
}

/** `GET /.well-known/api-catalog`: 200 with the API catalog (RFC 9727), a linkset (RFC 9264). */
export async function getApiCatalog({ url }: OpenCall): Promise<Response> {
  const at = (path: string) => new URL(path, url.origin).href;
  const linkset = [
    {
      anchor: at("/"),
      "service-desc": [{ href: at("/openapi.json"), type: "application/openapi+json" }],
      "service-doc": [{ href: at("/docs"), type: "text/html" }],
      status: [{ href: at("/healthz"), type: "application/json" }],
    },
  ];
  return jsonResponse(200, { linkset }, { "content-type": "application/linkset+json" });
}
