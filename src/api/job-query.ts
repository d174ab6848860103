/** Reads the queries of `GET /jobs` and of the lists of one job. */
import { DESTINATION_STATUSES, JOB_STATUSES } from "../jobs/document.ts";
import { type ContentQuery, isContentCursor } from "../jobs/images/content-lists.ts";
import { type ImageQuery, isImageCursor } from "../jobs/images/image-lists.ts";
import { isJobCursor, type ListQuery } from "../jobs/ledger/ledger-rows.ts";
import { pointerTo } from "../schema/validate.ts";
import { refuseFaults } from "./api-error.ts";
import { parameterFaults } from "./query-parameters.ts";

/** Length of a page where the caller asks for none. */
const DEFAULT_PAGE = 50;
/** Longest page; a caller who asks for a longer one gets this. */
const MAX_PAGE = 100;

const PAGE_PARAMETERS: readonly string[] = ["limit", "cursor"];

/** Reads the query of `GET /jobs`. An empty parameter counts as none. Fails with `invalid` for unknown or repeated parameters and invalid values. */
export function jobQuery(parameters: URLSearchParams): ListQuery {
  return pageQuery(parameters, JOB_STATUSES, isJobCursor);
}

/** Reads the query of `GET /jobs/{id}/images`, as {@link jobQuery} does. */
export function imageQuery(parameters: URLSearchParams): ImageQuery {
  return pageQuery(parameters, DESTINATION_STATUSES, isImageCursor);
}

/** Reads the query of `GET /jobs/{id}/content`, which has no `status`, as {@link jobQuery} does. */
export function contentQuery(parameters: URLSearchParams): ContentQuery {
  return pageQuery(parameters, [], isContentCursor);
}

interface PageQuery<Status> {
  status?: Status;
  limit: number;
  cursor?: string;
}

function pageQuery<Status extends string>(
  parameters: URLSearchParams,
  statuses: readonly Status[],
  isCursor: (text: string) => boolean,
): PageQuery<Status> {
  const faults = parameterFaults(parameters, statuses.length === 0 ? PAGE_PARAMETERS : ["status", ...PAGE_PARAMETERS]);
  const text = parameters.get("status") || undefined;
  const status = statuses.find((known) => known === text);
  const limit = parameters.get("limit") || String(DEFAULT_PAGE);
  const cursor = parameters.get("cursor") || undefined;
  if (text !== undefined && status === undefined && statuses.length > 0) {
    faults.push({ detail: `must be one of ${statuses.join(", ")}`, pointer: pointerTo("status") });
  }
  if (!/^0*[1-9]\d*$/.test(limit)) {
    faults.push({ detail: "must be a whole number of at least 1", pointer: pointerTo("limit") });
  }
  if (cursor !== undefined && !isCursor(cursor)) {
    faults.push({ detail: "is not a cursor that came from here", pointer: pointerTo("cursor") });
  }
  refuseFaults(faults);
  return {
    limit: Math.min(Number(limit), MAX_PAGE),
    ...(status === undefined ? {} : { status }),
    ...(cursor === undefined ? {} : { cursor }),
  };
}

/** Returns the `Link` header of a page, to the one that begins at a cursor; no header where there is no cursor. */
export function nextLink(path: string, query: PageQuery<string>, cursor: string | null): { link?: string } {
  if (cursor === null) {
    return {};
  }
  const parameters = new URLSearchParams({
    ...(query.status === undefined ? {} : { status: query.status }),
    limit: String(query.limit),
    cursor,
  });
  return { link: `<${path}?${parameters}>; rel="next"` };
}
