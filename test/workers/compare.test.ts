/** `GET /compare` in the real runtime, against registries on real sockets: what it asks of them, and what it makes of their failures. */
import { describe, expect, test } from "vitest";
import type { Comparison } from "../../src/compare/compare.ts";
import { api, apiJson, copy, freshName, kindsOf, registry, twoRegistries } from "../support/copy-service.ts";
import { NOBODY, PASSWORD, USER } from "../support/worker-variables.ts";

const compare = (left: string, right: string) => apiJson<Comparison>("GET", `/compare?${new URLSearchParams({ left, right })}`);

async function refusal(left: string, right: string): Promise<Record<string, unknown>> {
  const response = await api("GET", `/compare?${new URLSearchParams({ left, right })}`);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  return { ...((await response.json()) as object), retryAfter: response.headers.get("retry-after") };
}

test("an index and one of its images: manifests and one config are read, no layer", async () => {
  const [left, right] = await twoRegistries();
  const name = freshName();
  const image = await left.putImage(name, "1", { seed: "compare", platforms: ["linux/amd64", "linux/arm64"] });
  const one = image.manifests[0] as (typeof image.manifests)[0];
  const { bytes } = (await left.manifest(name, one.digest)) as { bytes: Uint8Array };
  await right.putManifest(name, "1", one.mediaType, bytes);
  for (const { digest } of image.blobs) {
    await right.putBlob(name, (await left.blob(name, digest)) as Uint8Array);
  }
  await Promise.all([left.clearRequests(), right.clearRequests()]);

  const found = await compare(`${left.host}/${name}:1`, `${right.host}/${name}:1`);

  expect(found).toMatchObject({
    verdict: "single-platform-of-index",
    left: { digest: image.digest, platforms: ["linux/amd64", "linux/arm64"] },
    right: { digest: one.digest, platforms: ["linux/amd64"] },
    same: { digest: false, imageId: true, layers: true, diffIds: true },
  });
  expect([kindsOf(await left.requests()), kindsOf(await right.requests())]).toEqual([{ "GET tag": 1 }, { "GET tag": 1, "GET blob": 1 }]);
});

test("two indexes: index, manifest and config at each side, at most", async () => {
  const [left, right] = await twoRegistries();
  const name = freshName();
  await left.putImage(name, "1", { seed: "one" });
  await right.putImage(name, "1", { seed: "other" });
  await Promise.all([left.clearRequests(), right.clearRequests()]);
  const found = await compare(`${left.host}/${name}:1`, `${right.host}/${name}:1`);
  expect(found.verdict).toBe("unrelated");
  const most = { "GET tag": 1, "GET manifest": 1, "GET blob": 1 };
  expect([kindsOf(await left.requests()), kindsOf(await right.requests())]).toEqual([most, most]);
});

test("a copy of some platforms under a new index is told from the whole one, and the copy that it advises keeps the digest", async () => {
  const [left, right] = await twoRegistries({}, { quirks: { sparseIndexes: true } });
  const name = freshName();
  const platforms = ["linux/amd64", "linux/arm64", "linux/s390x"];
  const image = await left.putImage(name, "1", { seed: "fewer", platforms, index: "nested", attestations: true });
  const [whole, part] = [`${left.host}/${name}:1`, `${right.host}/${name}:1`];
  await copy(whole, part, { platforms: ["linux/amd64", "linux/s390x"], index: "rewrite" });

  const found = await compare(whole, part);

  expect(found).toMatchObject({ verdict: "shared-layers", same: { digest: false, imageId: true, layers: true } });
  expect(found.explanation).toMatch(/^right is the index at left with fewer platforms\./);
  expect(found.explanation).toContain("it has linux/amd64, linux/s390x, and no longer linux/arm64");
  const requests = [...found.explanation.matchAll(/POST \/copy (\{.*?\})/g)].map(([, json]) => JSON.parse(json ?? ""));
  expect(requests).toMatchObject([{ source: whole, destination: part }, { index: "sparse" }]);
  const { source, destination, ...options } = requests[1];
  const job = await copy(source, destination, options);
  expect(job).toMatchObject({ status: "succeeded", digestPreserved: true });
  expect(await compare(whole, part)).toMatchObject({ verdict: "identical", right: { digest: image.digest } });
});

test("logs in where a registry wants that, to read only", async () => {
  const at = await registry({ auth: { kind: "bearer", user: USER, password: PASSWORD } });
  const name = freshName();
  await at.putImage(name, "1", { seed: "login" });
  await at.clearRequests();
  expect((await compare(`${at.host}/${name}:1`, `${at.host}/${name}:1`)).verdict).toBe("identical");
  const scopes = (await at.requests({ server: "token" })).map(({ query }) => new URLSearchParams(query).get("scope"));
  expect(new Set(scopes)).toEqual(new Set([`repository:${name}:pull`]));
});

describe("a failure is a problem document that names side and registry", () => {
  test("what is not there", async () => {
    const at = await registry();
    const name = freshName();
    await at.putImage(name, "1", { seed: "there" });
    const problem = await refusal(`${at.host}/${name}:1`, `${at.host}/${name}:2`);
    expect(problem).toMatchObject({ status: 404, code: "not-found", side: "destination", registry: at.host, upstream: { status: 404 } });
    expect(problem.errors).toMatchObject([{ pointer: "#/right" }]);
  });

  test("a login that is refused", async () => {
    const at = await registry({ auth: { kind: "basic", user: USER, password: "another" } });
    const problem = await refusal(`${at.host}/a:1`, `${at.host}/b:1`);
    expect(problem).toMatchObject({ status: 403, code: "access-denied", side: "source", upstream: { status: 401 } });
    expect(JSON.stringify(problem)).not.toContain(PASSWORD);
  });

  test("a registry that is not there, and one that is not allowed", async () => {
    const problem = await refusal(`${NOBODY}/a:1`, "127.0.0.1:2/b:1");
    expect(problem).toMatchObject({ status: 502, code: "registry-unavailable", side: "source", registry: NOBODY });
    expect(problem.errors).toMatchObject([{ pointer: "#/left" }, { pointer: "#/right", detail: expect.stringContaining("127.0.0.1:2") }]);
  });

  test("a config that is not what its digest says", async () => {
    const at = await registry();
    const name = freshName();
    await at.putImage(name, "1", { seed: "flipped", index: "none", platforms: ["linux/amd64"] });
    await at.fail({ method: "GET", path: "/blobs/", times: "always", action: { flipBitAt: 3 } });
    const problem = await refusal(`${at.host}/${name}:1`, `${at.host}/${name}:1`);
    expect(problem).toMatchObject({ status: 502, code: "digest-mismatch", side: "source", registry: at.host });
  });

  test("a registry that asks for a pause is left alone for that long, by compares too", async () => {
    const at = await registry();
    const name = freshName();
    await at.putImage(name, "1", { seed: "busy" });
    await at.fail({ path: "/manifests/", times: "always", action: { status: 429, retryAfter: 300 } });
    const place = `${at.host}/${name}:1`;
    expect(await refusal(place, place)).toMatchObject({
      status: 429,
      code: "rate-limited",
      side: "source",
      upstream: { status: 429 },
      retryAfter: "300",
    });
    await at.clearFaults();
    await at.clearRequests();
    expect(await refusal(place, place)).toMatchObject({ status: 429, code: "rate-limited", registry: at.host });
    expect(await at.requests()).toEqual([]);
  });
});
