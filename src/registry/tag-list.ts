/** The list of a repository's tags, page by page (distribution-spec, end-8): what to ask, and what the answers mean. Nothing is sent here. */
import { CopyError } from "../oci/errors.ts";
import { excessOf } from "../oci/json-size.ts";
import { readJsonBody } from "./content-coding.ts";
import { repositoryUrl } from "./endpoint.ts";
import { failureSite, networkFailure } from "./errors.ts";
import { nextPage } from "./next-page.ts";
import type { Endpoint, RegistryRequest, RegistryResponse, Scope } from "./request.ts";

/** Tags asked for in one page. More is an error with ECR and distribution 3, and without a number GHCR gives 100 (Q143). */
const PAGE_TAGS = 1_000;

/** Largest page that is read, in bytes: registries without paging give all tags at once, some 60,000 of the longest fit. */
const MAX_PAGE_BYTES = 8 * 1024 * 1024;

/** One page of tags. */
export interface TagListPage {
  /** In the registry's order. */
  tags: string[];
  /** Where the next page is; unset on the last one. */
  next?: URL;
}

/** `GET` of the first page, or of the one that `next` names. */
export function tagListRequest(endpoint: Endpoint, repository: string, scopes: readonly Scope[], next?: URL): RegistryRequest {
  const url = next ?? repositoryUrl(endpoint, repository, `tags/list?n=${PAGE_TAGS}`);
  return { method: "GET", url, scopes, bufferBytes: MAX_PAGE_BYTES + 1 };
}

/** Reads the page of an answer with 200. `tags: null` is no tags (Q144). Fails with `registry-unavailable` where it is no list of tags, or too long a one. */
export async function processTagList({ response, url }: RegistryResponse, endpoint: Endpoint, repository: string): Promise<TagListPage> {
  const what = `Listing the tags of ${repository}`;
  let text: string;
  try {
    const { bytes, truncated } = await readJsonBody(response, MAX_PAGE_BYTES);
    text = truncated ? "" : new TextDecoder().decode(bytes);
  } catch (error) {
    throw networkFailure(error, endpoint, what);
  }
  const tags = tagsOf(text);
  if (tags === undefined) {
    const message = `${what}: ${endpoint.registry} answered with something that is no list of tags`;
    throw new CopyError({ code: "registry-unavailable", message, retry: "never", ...failureSite(endpoint) });
  }
  const next = nextPage(response.headers.get("link"), url);
  return { tags, ...(next === undefined ? {} : { next }) };
}

function tagsOf(text: string): string[] | undefined {
  if (excessOf(text) !== undefined) {
    return undefined;
  }
  try {
    const body = JSON.parse(text) as { tags?: unknown };
    const list = body.tags ?? [];
    return Array.isArray(list) && !Array.isArray(body) ? list.filter((tag) => typeof tag === "string") : undefined;
  } catch {
    return undefined;
  }
}
