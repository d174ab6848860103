import { expect, test } from "vitest";
import { linkTo, linkToJob, routeOf } from "../../../src/dashboard/route.ts";

test.each([
  ["", "/jobs", {}],
  ["#", "/jobs", {}],
  ["#/", "/jobs", {}],
  ["#/jobs/1", "/jobs/1", {}],
  ["#/compare?left=a%3Ab&right=c?d", "/compare", { left: "a:b", right: "c?d" }],
])("%j is %s", (fragment, path, query) => {
  const route = routeOf(fragment);
  expect([route.path, Object.fromEntries(route.query)]).toEqual([path, query]);
});

test("a link is read back as what it was made of", () => {
  const query = { left: "a/b:c@sha256:1", right: "ü&=#", none: "", nothing: undefined };
  const route = routeOf(linkTo("/compare", query));
  expect([route.path, Object.fromEntries(route.query)]).toEqual(["/compare", { left: query.left, right: query.right }]);
  expect(linkToJob("../x")).toBe("#/jobs/..%2Fx");
});
