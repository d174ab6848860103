/** The documents that describe the API: OpenAPI, the same as a page, and where both are. Nobody need say who they are to read them. */
import type { OpenCall } from "./deps.ts";
import { jsonResponse } from "./json-response.ts";
import { DOCS_POLICY, docsPage } from "./openapi/docs-page.ts";
import { openApiDocument } from "./openapi/openapi.ts";

/** `GET /openapi.json` */
export async function getOpenApi(): Promise<Response> {
  return jsonResponse(200, openApiDocument(), { "content-type": "application/openapi+json" });
}

/** `GET /docs` */
export async function getDocs(): Promise<Response> {
  return new Response(docsPage(), { headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": DOCS_POLICY } });
}

/** `GET /.well-known/api-catalog` (RFC 9727), as a set of links (RFC 9264). */
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
