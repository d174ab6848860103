import { describe, expect, test } from "vitest";
import { CopyError, type Side } from "../../../src/oci/errors.ts";
import { checkResponse, isTransient, networkFailure, responseFailure } from "../../../src/registry/errors.ts";
import type { Endpoint } from "../../../src/registry/request.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const WHAT = "Pushing acme/app:1";

function endpoint(side: Side): Endpoint {
  return { registry: "registry.test", base: new URL("https://registry.test"), side };
}

function oci(code: string, message = "", detail?: unknown): string {
  return JSON.stringify({ errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] });
}

async function failureFor(status: number, body: string | null = null, side: Side = "destination", headers: Record<string, string> = {}) {
  const result = { response: new Response(body, { status, headers }), url: new URL("https://registry.test/v2/x?_state=hunter2") };
  return (await responseFailure(result, endpoint(side), WHAT, NOW)).failure;
}

describe("both sides", () => {
  test.each<[string, number, string | null, string, string]>([
    ["401", 401, null, "access-denied", "never"],
    ["Q32, Q140: 401 with a code", 401, oci("UNAUTHORIZED", "authentication required"), "access-denied", "never"],
    ["Q37, Q140: 403", 403, oci("DENIED", "requested access to the resource is denied"), "access-denied", "never"],
    ["401 that says NOT FOUND", 401, oci("NAME_UNKNOWN"), "access-denied", "never"],
    ["404", 404, null, "not-found", "never"],
    ["404 with a code", 404, oci("MANIFEST_UNKNOWN"), "not-found", "never"],
    ["410", 410, null, "not-found", "never"],
    ["Q139: UNKNOWN that says not found", 400, oci("UNKNOWN", "Not Found"), "not-found", "never"],
    ["429", 429, null, "rate-limited", "later"],
    ["Q139: TOOMANYREQUESTS with another status", 403, oci("TOOMANYREQUESTS"), "rate-limited", "later"],
    ["408", 408, null, "registry-unavailable", "later"],
    ["499", 499, null, "registry-unavailable", "later"],
    ["500", 500, null, "registry-unavailable", "later"],
    ["Q139: 500 UNKNOWN", 500, oci("UNKNOWN"), "registry-unavailable", "later"],
    ["502 of a proxy", 502, "<html><title>502 Bad Gateway</title>", "registry-unavailable", "later"],
    ["503", 503, null, "registry-unavailable", "later"],
    ["522", 522, null, "registry-unavailable", "later"],
    ["Q104: UNAVAILABLE with another status", 400, oci("UNAVAILABLE"), "registry-unavailable", "later"],
    ["Q104: BLOB_UPLOAD_INVALID", 400, oci("BLOB_UPLOAD_INVALID"), "registry-unavailable", "later"],
    ["Q139: BLOB_UPLOAD_INVALID 404", 404, oci("BLOB_UPLOAD_INVALID"), "registry-unavailable", "later"],
    ["Q103: BLOB_UPLOAD_UNKNOWN", 404, oci("BLOB_UPLOAD_UNKNOWN"), "registry-unavailable", "now"],
  ])("%s", async (_, status, body, code, retry) => {
    for (const side of ["source", "destination"] as const) {
      expect(await failureFor(status, body, side)).toMatchObject({ code, retry, side, registry: "registry.test", upstream: { status } });
    }
  });
});

describe("destination", () => {
  test.each<[string, number, string | null, string]>([
    [
      "Q128: ECR's tag",
      400,
      oci("TAG_INVALID", "The image tag 'x' already exists and cannot be overwritten because the tag is immutable."),
      "tag-immutable",
    ],
    ["Q128: Harbor's tag", 412, oci("PRECONDITION", "Failed to process request due to 'app:1' configured as immutable."), "tag-immutable"],
    ["Q128: 403 that says immutable", 403, oci("DENIED", "tag immutability is enabled"), "tag-immutable"],
    ["409 with a code", 409, oci("TAG_IMMUTABLE"), "tag-immutable"],
    ["Q105: DIGEST_INVALID", 400, oci("DIGEST_INVALID"), "digest-mismatch"],
    ["Q119, Q125: MANIFEST_INVALID", 400, oci("MANIFEST_INVALID", "manifest invalid", { reason: "no" }), "destination-refused"],
    ["Q122: MANIFEST_BLOB_UNKNOWN", 400, oci("MANIFEST_BLOB_UNKNOWN"), "destination-refused"],
    ["Q122: MANIFEST_BLOB_UNKNOWN as 404", 404, oci("MANIFEST_BLOB_UNKNOWN"), "destination-refused"],
    ["Q138: Docker Hub's details", 400, '{"details":"invalid repository name"}', "destination-refused"],
    ["Q139: UNSUPPORTED", 405, oci("UNSUPPORTED"), "destination-refused"],
    ["409", 409, null, "destination-refused"],
    ["411", 411, null, "destination-refused"],
    ["Q97: 413 in HTML", 413, "<html><title>413 Request Entity Too Large</title>", "destination-refused"],
    ["416", 416, null, "destination-refused"],
    ["501", 501, null, "destination-refused"],
    ["a redirect that is not followed", 307, null, "destination-refused"],
    ["another success than expected", 200, null, "destination-refused"],
  ])("%s", async (_, status, body, code) => {
    expect(await failureFor(status, body, "destination")).toMatchObject({ code, retry: "never" });
  });

  test("a missing repository may have to be created", async () => {
    const { message } = await failureFor(404, oci("NAME_UNKNOWN", "The repository does not exist"));
    expect(message).toContain("may have to be created");
  });
});

test.each([
  [400, oci("DIGEST_INVALID")],
  [400, oci("TAG_INVALID")],
  [405, null],
  [406, null],
  [416, null],
])("source: %i %s is unsupported", async (status, body) => {
  expect(await failureFor(status, body, "source")).toMatchObject({ code: "unsupported", retry: "never" });
});

describe("waits", () => {
  const HTTP_DATE = "Thu, 01 Jan 2026 12:01:30 GMT";
  test.each<[string, number, Record<string, string>, string | null, number | undefined]>([
    ["none", 429, {}, null, undefined],
    ["Q137: seconds", 429, { "retry-after": "7" }, null, 7_000],
    ["Q137: a date, by the clock here", 429, { "retry-after": HTTP_DATE }, null, 90_000],
    ["Q137: a date, by the registry's clock", 429, { "retry-after": HTTP_DATE, date: "Thu, 01 Jan 2026 12:01:00 GMT" }, null, 30_000],
    ["a date that is past", 429, { "retry-after": "Thu, 01 Jan 2026 11:00:00 GMT" }, null, 0],
    ["nonsense", 429, { "retry-after": "soon" }, null, undefined],
    ["Q137: GHCR's text", 429, {}, "toomanyrequests: retry-after: 985.86ms, allowed: 44000/minute", 986],
    ["the header before the text", 429, { "retry-after": "7" }, "retry-after: 985.86ms", 7_000],
    ["503", 503, { "retry-after": "120" }, null, 120_000],
    ["a long one, in full", 429, { "retry-after": "21600" }, null, 21_600_000],
    ["none where nothing is tried again", 403, { "retry-after": "7" }, null, undefined],
  ])("%s", async (_, status, headers, body, waitMs) => {
    expect((await failureFor(status, body, "source", headers)).waitMs).toBe(waitMs);
  });

  test("without any clock a date says nothing, and seconds still do", async () => {
    const failureWithout = async (value: string) => {
      const response = new Response(null, { status: 429, headers: { "retry-after": value } });
      return (await responseFailure({ response, url: new URL("https://registry.test/") }, endpoint("source"), WHAT)).failure.waitMs;
    };
    expect(await failureWithout(HTTP_DATE)).toBeUndefined();
    expect(await failureWithout("7")).toBe(7_000);
  });

  test("Q136: Docker Hub's limit is named", async () => {
    const { message } = await failureFor(429, oci("TOOMANYREQUESTS", "You have reached your pull rate limit."), "source", {
      "ratelimit-limit": "100;w=21600",
    });
    expect(message).toBe(
      "Pushing acme/app:1: registry.test answered 429 TOOMANYREQUESTS (You have reached your pull rate limit.); its limit is 100 in 21600 s",
    );
  });
});

describe("messages", () => {
  test("say what, who, status, code, the registry's words, and what to make of it", async () => {
    expect(await failureFor(403, oci("DENIED", "no push"))).toEqual({
      code: "access-denied",
      message:
        "Pushing acme/app:1: registry.test answered 403 DENIED (no push); the repository is missing or the credentials don't allow this",
      retry: "never",
      side: "destination",
      registry: "registry.test",
      upstream: { status: 403, code: "DENIED", message: "no push" },
    });
  });

  test("Q138: a HEAD's empty answer speaks by its status", async () => {
    expect((await failureFor(404)).message).toBe("Pushing acme/app:1: registry.test answered 404");
  });

  test("another host's words are its own", async () => {
    const result = { response: new Response(null, { status: 403 }), url: new URL("https://cdn.test/blob?X-Amz-Signature=hunter2") };
    const { message } = (await responseFailure(result, endpoint("source"), WHAT)).failure;
    expect(message).toContain("registry.test (at cdn.test) answered 403");
    expect(message).not.toContain("hunter2");
  });

  test("Q11: what a registry quotes is cut to what is safe", async () => {
    const { message, upstream } = await failureFor(400, oci("X", "bad https://registry.test/v2/?token=hunter2 with Bearer hunter2.x"));
    expect(message).not.toContain("hunter2");
    expect(upstream?.message).toBe("bad https://registry.test/v2/ with Bearer …");
  });

  test("Q138: a long body is read to its cap only", async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(16 * 1024).fill(97));
      },
    });
    const result = { response: new Response(endless, { status: 400 }), url: new URL("https://registry.test/") };
    expect((await responseFailure(result, endpoint("source"), WHAT)).failure.message.length).toBeLessThan(500);
    expect(pulled).toBeLessThan(10);
  });

  test("a body that breaks off is no body", async () => {
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error("hunter2")) });
    const result = { response: new Response(broken, { status: 400 }), url: new URL("https://registry.test/") };
    expect((await responseFailure(result, endpoint("source"), WHAT)).failure.message).toBe(
      "Pushing acme/app:1: registry.test answered 400",
    );
  });
});

describe("checkResponse", () => {
  test("passes what is allowed, with its body unread", async () => {
    const response = new Response("content", { status: 206 });
    await checkResponse({ response, url: new URL("https://registry.test/") }, endpoint("source"), WHAT, [200, 206]);
    expect(await response.text()).toBe("content");
  });

  test("throws the failure of anything else", async () => {
    const response = new Response(null, { status: 202 });
    const checked = checkResponse({ response, url: new URL("https://registry.test/") }, endpoint("source"), WHAT, [200]);
    await expect(checked).rejects.toBeInstanceOf(CopyError);
  });
});

test("which statuses may pass by themselves", () => {
  const transient = [200, 400, 401, 403, 404, 408, 409, 413, 416, 425, 429, 499, 500, 501, 502, 503, 504, 505, 520, 599].filter(
    isTransient,
  );
  expect(transient).toEqual([408, 425, 429, 499, 500, 502, 503, 504, 520, 599]);
});

describe("network failures", () => {
  const message = (error: unknown) => networkFailure(error, endpoint("source"), WHAT).failure.message;

  test("are to be tried later", () => {
    expect(networkFailure(new TypeError("fetch failed"), endpoint("source"), WHAT).failure).toEqual({
      code: "registry-unavailable",
      message: "Pushing acme/app:1: no answer from registry.test (fetch failed)",
      retry: "later",
      side: "source",
      registry: "registry.test",
    });
  });

  test("name the system's reason and no more", () => {
    expect(message(new TypeError("x", { cause: Object.assign(new Error("y"), { code: "ECONNREFUSED" }) }))).toContain("(ECONNREFUSED)");
    expect(message(new Error("Network connection lost."))).toContain("(Network connection lost)");
    expect(message(new TypeError("Fetch API cannot load: https://a.test/?sig=hunter2"))).not.toContain("hunter2");
    expect(message("hunter2")).not.toContain("hunter2");
  });

  test("a CopyError is a reason of its own", () => {
    const reason = new CopyError({ code: "cancelled", message: "x", retry: "never" });
    expect(networkFailure(reason, endpoint("source"), WHAT)).toBe(reason);
  });
});
