import { describe, expect, test } from "vitest";
import { type CopyForm, EMPTY_FORM, formOf, placeInRequest, requestOf } from "../../../src/dashboard/copy-form.ts";
import { readCopyRequest } from "../../../src/request/copy-request.ts";

const form = (part: Partial<CopyForm>): CopyForm => ({ ...EMPTY_FORM, source: "busybox:1", destinations: ["a.example.com/b"], ...part });

test("only what says something else than the default is sent", () => {
  expect(requestOf(form({}), false)).toEqual({ source: "busybox:1", destination: ["a.example.com/b"] });
});

test("every option is taken by the service as it was meant", () => {
  const full = form({
    destinations: [" a.example.com/b:1 ", "", "b.example.com/c:1"],
    platforms: "linux/amd64, linux/arm64  linux/arm/v7",
    index: "rewrite",
    referrers: true,
    overwrite: "never",
    check: "deep",
    stage: "never",
    foreignLayers: "copy",
    labels: [
      { name: "ticket", value: "OPS-7" },
      { name: "", value: "" },
    ],
    callbackUrl: "https://ci.example.com/hook?secret=x",
    callbackFormat: "cloudevents",
    callbackEvents: ["started", "completed"],
  });
  const read = readCopyRequest(requestOf(full, true));
  expect(read).toEqual({
    ok: true,
    request: {
      source: "busybox:1",
      destination: ["a.example.com/b:1", "b.example.com/c:1"],
      platforms: ["linux/amd64", "linux/arm64", "linux/arm/v7"],
      index: "rewrite",
      referrers: true,
      overwrite: "never",
      check: "deep",
      foreignLayers: "copy",
      stage: "never",
      dryRun: true,
      labels: { ticket: "OPS-7" },
      callback: { url: "https://ci.example.com/hook?secret=x", format: "cloudevents", events: ["started", "completed"] },
    },
  });
  // And back: the form of that job asks for the same.
  const request = read.ok ? read.request : undefined;
  expect(request === undefined ? undefined : requestOf(formOf(request), true)).toEqual(request);
});

describe("tags", () => {
  test("all, or those that a filter lets through", () => {
    expect(requestOf(form({ tags: "all" }), false)).toMatchObject({ tags: "all" });
    const filter = form({ tags: "filter", include: "1.*\n\n /^v2/ ", exclude: "*-rc*", semver: ">=1", latest: " 5 " });
    expect(requestOf(filter, false).tags).toEqual({ include: ["1.*", "/^v2/"], exclude: ["*-rc*"], semver: ">=1", latest: 5 });
  });

  test("a number that is none goes as it is, for the service to say so", () => {
    expect(requestOf(form({ tags: "filter", latest: "five" }), false).tags).toEqual({ latest: "five" });
  });

  test("a filter comes back as it was", () => {
    const tags = { include: ["1.*", "2.*"], latest: 3 };
    expect(formOf({ source: "a", destination: ["b"], tags })).toMatchObject({ tags: "filter", include: "1.*\n2.*", latest: "3" });
  });
});

test.each([
  [["a", "", "b"], 0, 0],
  [["a", "", "b"], 1, undefined],
  [["a", "", "b"], 2, 1],
  [["", ""], 0, 0],
  [["", ""], 1, undefined],
])("of the rows %j, number %i is %s in the request", (rows, row, place) => {
  expect(placeInRequest(rows, row)).toBe(place);
  const { destination } = requestOf(form({ destinations: rows }), false) as { destination: string[] };
  expect(destination[place ?? -1]).toBe(place === undefined ? undefined : rows[row]);
});
