/** Which page is shown: the part of the address after `#`, so that every other address stays the API's. Pure. */

/** Where the dashboard is: a path such as `/jobs`, and a query. */
export interface Route {
  path: string;
  query: URLSearchParams;
}

/** The route in a URL's fragment; none is the list of jobs. */
export function routeOf(fragment: string): Route {
  const [path = "", ...rest] = fragment.replace(/^#/, "").split("?");
  return { path: path === "" || path === "/" ? "/jobs" : path, query: new URLSearchParams(rest.join("?")) };
}

/** A link to a page of the dashboard; parameters that are empty or undefined are left out. */
export function linkTo(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "");
  return `#${path}${given.length === 0 ? "" : `?${new URLSearchParams(given)}`}`;
}

/** A link to the page of one job. */
export function linkToJob(id: string): string {
  return linkTo(`/jobs/${encodeURIComponent(id)}`);
}
