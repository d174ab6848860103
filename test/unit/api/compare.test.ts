import { describe, expect, test } from "vitest";
import type { Problem } from "../../../src/jobs/document.ts";
import { CopyError } from "../../../src/oci/errors.ts";
import { Shelf } from "../compare/shelf.ts";
import { apiFixture, sha256, TOKEN } from "./api-fixture.ts";

function fixture(allow?: { from: string; to: string }[]) {
  const shelf = new Shelf();
  shelf.image("1", { layers: ["a"] });
  shelf.image("2", { layers: ["A"], diffIds: ["a"] });
  const tokens = [{ name: "ci", sha256: sha256(TOKEN), ...(allow === undefined ? {} : { allow }) }];
  return { shelf, ...apiFixture({ config: { tokens }, openSource: () => shelf }) };
}

const problem = async (response: Response) => (await response.json()) as Problem;

test("GET /compare answers in the shape of the contract", async () => {
  const response = await fixture().send("GET", "/compare?left=a.io/app:1&right=a.io/app:2");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    left: {
      reference: "a.io/app:1",
      digest: expect.any(String),
      mediaType: expect.any(String),
      imageId: expect.any(String),
      platforms: ["linux/amd64"],
    },
    right: {
      reference: "a.io/app:2",
      digest: expect.any(String),
      mediaType: expect.any(String),
      imageId: expect.any(String),
      platforms: ["linux/amd64"],
    },
    platform: "linux/amd64",
    same: { digest: false, imageId: true, layers: false, diffIds: true },
    verdict: "recompressed",
    explanation: expect.stringMatching(/POST \/copy/),
    differences: [{ document: "manifest", path: "/layers/0/digest", left: expect.any(String), right: expect.any(String) }],
  });
});

test.each([
  ["", ["#/left", "#/right"]],
  ["left=a.io/app:1", ["#/right"]],
  ["left=UPPER&right=a.io/x", ["#/left"]],
  ["left=a.io/x&right=a.io/y&platform=linux", ["#/platform"]],
  ["left=a.io/x&right=a.io/y&right=a.io/z", ["#/right"]],
  ["left=a.io/x&right=a.io/y&colour=red", ["#/colour"]],
])("?%s is refused with the parameters at fault", async (query, pointers) => {
  const { send, shelf } = fixture();
  const response = await send("GET", `/compare?${query}`);
  expect([response.status, (await problem(response)).errors?.map(({ pointer }) => pointer)]).toEqual([422, pointers]);
  expect(shelf.taken).toEqual([]);
});

describe("a token with rules", () => {
  test("may compare what it copies from with what it copies to", async () => {
    const { send } = fixture([{ from: "a.io/*", to: "b.io/*" }]);
    expect((await send("GET", "/compare?left=a.io/app:1&right=b.io/app:2")).status).toBe(200);
  });

  test("may not look elsewhere", async () => {
    const { send, shelf } = fixture([{ from: "a.io/*", to: "b.io/*" }]);
    const response = await send("GET", "/compare?left=a.io/app:1&right=secret.io/app:2");
    expect([response.status, await problem(response)]).toMatchObject([403, { code: "forbidden", errors: [{ pointer: "#/right" }] }]);
    expect(shelf.taken).toEqual([]);
  });
});

test("what a registry does wrong is told with the side", async () => {
  const openSource = () => ({
    ...new Shelf(),
    resolve: () => Promise.reject(new Error()),
    openBlob: () => Promise.reject(new Error()),
    fetchManifest: async () => {
      throw new CopyError({
        code: "registry-unavailable",
        message: "a.io answered 503",
        retry: "later",
        registry: "a.io",
        upstream: { status: 503 },
      });
    },
  });
  const response = await apiFixture({ openSource }).send("GET", "/compare?left=a.io/app:1&right=a.io/app:2");
  expect([response.status, await problem(response)]).toMatchObject([
    502,
    { code: "registry-unavailable", side: "source", registry: "a.io", upstream: { status: 503 }, detail: "left: a.io answered 503" },
  ]);
});
