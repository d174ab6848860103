import { describe, expect, test } from "vitest";
import type { Problem } from "../../../src/jobs/document.ts";
import { CopyError, type Failure } from "../../../src/oci/errors.ts";
import type { CopyRule } from "../../../src/policy.ts";
import { Shelf } from "../compare/shelf.ts";
import { apiFixture, sha256, TOKEN } from "./api-fixture.ts";

function fixture(allow?: CopyRule[], policy?: CopyRule[]) {
  const shelf = new Shelf();
  shelf.image("1", { layers: ["a"] });
  shelf.image("2", { layers: ["A"], diffIds: ["a"] });
  const tokens = [{ name: "ci", sha256: sha256(TOKEN), ...(allow === undefined ? {} : { allow }) }];
  return { shelf, ...apiFixture({ config: { tokens, policy }, openSource: () => shelf }) };
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

test.each([
  ["left", "secret.io/app:1", "a.io/app:2"],
  ["right", "a.io/app:1", "secret.io/app:2"],
])("POLICY holds for the %s side, whatever the token may", async (side, left, right) => {
  for (const allow of [undefined, [{ from: "**", to: "**" }]]) {
    const { send, shelf } = fixture(allow, [{ from: "a.io/*", to: "b.io/*" }]);
    const response = await send("GET", `/compare?left=${left}&right=${right}`);
    const errors = [{ pointer: `#/${side}`, detail: "may not be read by POLICY: no rule is about secret.io/app" }];
    expect([response.status, await problem(response)]).toMatchObject([403, { code: "forbidden", errors }]);
    expect(shelf.taken).toEqual([]);
  }
});

describe("what a registry does wrong", () => {
  const down: Failure = {
    code: "registry-unavailable",
    message: "a.io answered 503",
    retry: "later",
    registry: "a.io",
    upstream: { status: 503 },
  };

  /** Compares `a.io/app` with `b.io/app`, each of which fails as told; by default there is an image. */
  async function failing(failures: Record<string, unknown>) {
    const shelf = new Shelf();
    shelf.image("1");
    const openSource = ({ registry }: { registry: string }) => {
      const failure = failures[registry];
      const fail = () => Promise.reject(failure);
      return failure === undefined ? shelf : { resolve: fail, fetchManifest: fail, openBlob: fail, openWhole: fail };
    };
    const { send, unexpected } = apiFixture({ openSource });
    const response = await send("GET", "/compare?left=a.io/app:1&right=b.io/app:1");
    return { response, body: await problem(response), unexpected };
  }

  test("is told with the side", async () => {
    const { body } = await failing({ "a.io": new CopyError(down) });
    expect(body).toMatchObject({ status: 502, code: "registry-unavailable", side: "source", registry: "a.io", upstream: { status: 503 } });
    expect([body.detail, body.errors]).toEqual(["left: a.io answered 503", [{ pointer: "#/left", detail: "a.io answered 503" }]]);
  });

  test("at both sides is told of both", async () => {
    const denied = new CopyError({ code: "access-denied", message: "b.io answered 401", retry: "never" });
    const { body } = await failing({ "a.io": new CopyError(down), "b.io": denied });
    expect(body.errors?.map(({ pointer }) => pointer)).toEqual(["#/left", "#/right"]);
    expect((await failing({ "b.io": denied })).body).toMatchObject({ status: 403, side: "destination", registry: "b.io" });
  });

  test("a pause that it asks for is passed on", async () => {
    const limited = new CopyError({ code: "rate-limited", message: "slow down", retry: "later", waitMs: 2500 });
    const { response, body } = await failing({ "b.io": limited });
    expect([response.status, response.headers.get("retry-after"), body.side]).toEqual([429, "3", "destination"]);
  });

  test("what is no registry's fault is internal, and says nothing of the inside", async () => {
    const { body, unexpected } = await failing({ "b.io": new Error("broken inside") });
    expect(body).toMatchObject({ status: 500, code: "internal" });
    expect(JSON.stringify(body)).not.toContain("broken inside");
    expect(unexpected).toEqual([new Error("broken inside")]);
  });
});
