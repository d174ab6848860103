/** The query of `GET /jobs`. */

import type { JobStatus } from "../jobs/document.ts";
import { type Fault, pointerTo } from "../schema/validate.ts";
import { refuseFaults } from "./api-error.ts";
import type { JobQuery } from "./deps.ts";

/** Jobs on one page where the caller says nothing. */
export const DEFAULT_PAGE = 50;
/** Most jobs on one page; whoever asks for more gets so many. */
export const MAX_PAGE = 100;

const STATUSES: readonly JobStatus[] = ["queued", "running", "succeeded", "failed", "cancelled"];
const PARAMETERS: readonly string[] = ["status", "limit", "cursor"];

/** Reads the query; an empty parameter is the same as none. Fails with `invalid` for unknown or repeated ones and impossible values. */
export function jobQuery(parameters: URLSearchParams): JobQuery {
  const faults: Fault[] = [];
  for (const name of new Set(parameters.keys())) {
    if (!PARAMETERS.includes(name)) {
      faults.push({ detail: "is not a known query parameter", pointer: pointerTo(name) });
    } else if (parameters.getAll(name).length > 1) {
      faults.push({ detail: "was given more than once", pointer: pointerTo(name) });
    }
  }
  const status = parameters.get("status") || undefined;
  const limit = parameters.get("limit") || String(DEFAULT_PAGE);
  const cursor = parameters.get("cursor") || undefined;
  if (status !== undefined && !isStatus(status)) {
    faults.push({ detail: `must be one of ${STATUSES.join(", ")}`, pointer: pointerTo("status") });
  }
  if (!/^0*[1-9]\d{0,8}$/.test(limit)) {
    faults.push({ detail: "must be a whole number of at least 1", pointer: pointerTo("limit") });
  }
  if (cursor !== undefined && !/^[\w.~:=-]{1,256}$/.test(cursor)) {
    faults.push({ detail: "is not a cursor that came from here", pointer: pointerTo("cursor") });
  }
  refuseFaults(faults);
  return {
    limit: Math.min(Number(limit), MAX_PAGE),
    ...(status !== undefined && isStatus(status) ? { status } : {}),
    ...(cursor === undefined ? {} : { cursor }),
  };
}

/** The address of the page that starts at a cursor, relative to the service. */
export function pageAfter(query: JobQuery, cursor: string): string {
  const parameters = new URLSearchParams({
    ...(query.status === undefined ? {} : { status: query.status }),
    limit: String(query.limit),
    cursor,
  });
  return `/jobs?${parameters}`;
}

function isStatus(text: string): text is JobStatus {
  return (STATUSES as readonly string[]).includes(text);
}
