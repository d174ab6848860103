/** Hostile content, third part: answers without an end, byte by byte, with headers of any size, and that lead in circles. */
import { describe, it } from "vitest";
import type { RegistryOptions } from "../../support/registry/fake-registry.ts";
import type { FaultAction } from "../../support/registry/faults.ts";
import { PASSWORD, USER } from "../../support/worker-variables.ts";
import { type Attempt, answering, expectSafe, type HostileRow } from "./hostile-row.ts";

const MiB = 1024 * 1024;

/** As long as the runtime takes a header, and one that it does not take. */
const LONG = "x".repeat(100_000);
const TOO_LONG = "x".repeat(1_000_000);

/** One byte each quarter of a second, which is never silence. */
const TRICKLE: FaultAction = { pieceBytes: 1, rate: 4 };

const MANIFESTS = { path: "/manifests/" };
const GET_MANIFEST = { method: "GET", path: "/manifests/" };
const GET_BLOB = { method: "GET", path: "/blobs/" };
const POST = { method: "POST", path: "/uploads/" };
const TOKEN = { server: "token" } as const;

const TIMEOUT = { code: "timeout", side: "source" } as const;
const UNAVAILABLE = { code: "registry-unavailable", side: "source" } as const;
const DENIED = { code: "access-denied", side: "source" } as const;

/** The same body over and over, without a length. */
function endless(body: string, status = 200): FaultAction {
  return { status, body, bodyTimes: 1e10, noLength: true };
}

describe.concurrent("without an end:", () => {
  it.each<HostileRow>([
    { what: "an error", given: answering("from", GET_MANIFEST, endless("no! ", 403)), error: DENIED, read: 8 * MiB },
    {
      what: "an error in one line of JSON",
      given: answering("from", GET_BLOB, endless('{"errors":[{"code":"DENIED","message":"m"},', 403)),
      error: { ...DENIED, upstream: { status: 403 } },
    },
    { what: "an error of the destination", given: answering("to", POST, endless("no! ", 403)), error: { ...DENIED, side: "destination" } },
    {
      what: "a page of tags",
      given: answering("from", { path: "tags/list" }, endless('{"tags":["a",')),
      options: { tags: "all" },
      error: { ...UNAVAILABLE, detail: /no list of tags/ },
    },
    {
      what: "a page of a million lists in place of tags",
      given: answering("from", { path: "tags/list" }, { status: 200, body: `{"tags":[${"[],".repeat(1_000_000)}"a"]}` }),
      options: { tags: "all" },
      error: { ...UNAVAILABLE, detail: /no list of tags/ },
    },
    {
      what: "the answer to a tag that was put",
      given: answering("to", { method: "PUT", path: "/manifests/" }, { ...endless("x"), status: 201 }),
      error: { code: "destination-refused", side: "destination" },
    },
  ])("$what", expectSafe);
});

describe.concurrent("JSON with keys that are JavaScript's:", () => {
  it.each<HostileRow>([
    {
      what: "an error",
      given: answering("from", GET_BLOB, {
        status: 403,
        body: '{"__proto__":{"errors":[{"code":"EVIL"}]},"errors":[{"__proto__":{"code":"EVIL"},"constructor":{"code":"EVIL"}}]}',
      }),
      error: { ...DENIED, upstream: { status: 403 }, detail: /^(?!.*EVIL)/s },
    },
    {
      what: "an error, nested 30,000 times",
      given: answering("from", GET_BLOB, {
        status: 403,
        body: `{"errors":[{"code":"DENIED","detail":${"[".repeat(30_000)}${"]".repeat(30_000)}}]}`,
      }),
      error: { ...DENIED, upstream: { status: 403 } },
    },
  ])("$what", expectSafe);
});

describe.concurrent("a token server that answers", () => {
  const from: RegistryOptions = { auth: { kind: "bearer", user: USER, password: PASSWORD } };
  it.each<HostileRow>([
    {
      what: "a gigabyte",
      given: answering("from", TOKEN, { status: 200, body: '{"token":"a",', bodyTimes: 80_000_000 }),
      error: { ...DENIED, detail: /longer than 131072 bytes/ },
      read: 8 * MiB,
    },
    {
      what: "without an end",
      given: answering("from", TOKEN, endless('{"token":"a",')),
      error: { ...DENIED, detail: /longer than 131072 bytes/ },
      read: 8 * MiB,
    },
    {
      what: "with a token under __proto__ and constructor",
      given: answering("from", TOKEN, { status: 200, body: '{"__proto__":{"token":"stolen"},"constructor":{"access_token":"x"}}' }),
      error: { ...DENIED, detail: /neither a token nor an access_token/ },
    },
    {
      what: "with a token of 100 kB, which the registry refuses",
      given: answering("from", TOKEN, { status: 200, body: { token: LONG } }),
      error: { code: "unsupported", side: "source", upstream: { status: 431 } },
    },
    { what: "byte by byte", given: answering("from", TOKEN, { status: 200, body: `{"token":"${LONG}`, ...TRICKLE }), error: TIMEOUT },
    { what: "with a header that never ends", given: answering("from", TOKEN, { status: 200, endlessHeadMs: 250 }), error: TIMEOUT },
    {
      what: "by leading in a circle",
      given: answering("from", TOKEN, { redirectTo: "{path}" }),
      error: { ...UNAVAILABLE, detail: /redirects more than 10 times/ },
    },
  ])("$what", (row) => expectSafe({ ...row, from }));
});

describe.concurrent("a registry that asks for a login", () => {
  it.each<HostileRow>([
    {
      what: "with 10,000 schemes that nobody knows, in 100 kB",
      given: answering("from", { server: "registry" }, unauthorized(Array.from({ length: 10_000 }, (_, number) => `Scheme${number}`))),
      error: DENIED,
    },
    {
      what: "at 2,000 token servers, few of which are asked",
      given: async (attempt) => {
        await answering("from", { server: "registry" }, unauthorized(realms(attempt.from.tokenHost)))(attempt);
        await attempt.from.fail({ ...TOKEN, times: "always", action: { status: 403 } });
      },
      error: DENIED,
      tokensAsked: 10,
    },
  ])("$what", expectSafe);
});

describe.concurrent("a header", () => {
  const QUOTA = { "ratelimit-limit": "1;w=999999999", "ratelimit-remaining": "0;w=999999999" };
  it.each<HostileRow>([
    { what: "that gives a quota of one read in 31 years", given: answering("from", MANIFESTS, { headers: QUOTA }) },
    {
      what: "that wants chunks of one byte: a thousand are sent, and more in each",
      given: answering("to", POST, { headers: { "oci-chunk-max-length": "1" } }),
    },
    {
      what: "that wants chunks of a petabyte",
      given: answering("to", POST, { headers: { "oci-chunk-min-length": "999999999999999" } }),
    },
    { what: "of 100 kB on manifests", given: answering("from", MANIFESTS, { headers: { "x-padding": LONG } }) },
    { what: "of 100 kB on blobs", given: answering("from", { path: "/blobs/" }, { headers: { "x-padding": LONG } }) },
    { what: "of 100 kB on uploads", given: answering("to", { path: "/uploads/" }, { headers: { "x-padding": LONG } }) },
    { what: "of 100 kB where the digest belongs", given: answering("from", MANIFESTS, { headers: { "docker-content-digest": LONG } }) },
    { what: "of 100 kB where the type belongs", given: answering("from", MANIFESTS, { headers: { "content-type": LONG } }) },
    {
      what: "of 100 kB where the next page belongs",
      given: answering("from", { path: "tags/list" }, { headers: { link: `<${LONG}>; rel="next"` } }),
      options: { tags: "all" },
      error: { code: "unsupported", side: "source", upstream: { status: 431 } },
    },
    {
      what: "of 100 kB where the upload's place belongs",
      given: answering("to", POST, { headers: { location: `/v2/a/blobs/uploads/${LONG}` } }),
      error: { code: "destination-refused", side: "destination", upstream: { status: 431 } },
      lost: 2,
    },
    {
      what: "of a megabyte at the source",
      given: answering("from", MANIFESTS, { headers: { "x-padding": TOO_LONG } }),
      error: UNAVAILABLE,
    },
    {
      what: "of a megabyte at the destination",
      given: answering("to", MANIFESTS, { headers: { "x-padding": TOO_LONG } }),
      error: { ...UNAVAILABLE, side: "destination" },
    },
    { what: "that never ends, at the source", given: answering("from", MANIFESTS, { status: 200, endlessHeadMs: 250 }), error: TIMEOUT },
    {
      what: "that never ends, at the destination",
      given: answering("to", POST, { status: 202, endlessHeadMs: 250 }),
      error: { ...TIMEOUT, side: "destination" },
    },
  ])("$what", expectSafe);
});

describe.concurrent("byte by byte, and never silent:", () => {
  it.each<HostileRow>([
    { what: "a manifest", given: answering("from", GET_MANIFEST, TRICKLE), error: TIMEOUT },
    {
      what: "an error, of which the status is enough",
      given: answering("from", GET_MANIFEST, { status: 404, body: LONG, ...TRICKLE }),
      error: { code: "not-found", side: "source", upstream: { status: 404 } },
    },
    {
      what: "a config, of which the platform is asked for",
      given: answering("from", GET_BLOB, TRICKLE),
      options: { platforms: ["linux/amd64"] },
      error: TIMEOUT,
    },
    {
      what: "a config, of which no more than the headers come",
      given: answering("from", GET_BLOB, { stallAfter: 0 }),
      options: { platforms: ["linux/amd64"] },
      error: TIMEOUT,
    },
    {
      what: "a page of tags",
      given: answering("from", { path: "tags/list" }, { ...endless('{"tags":["a",'), ...TRICKLE }),
      options: { tags: "all" },
      error: TIMEOUT,
    },
  ])("$what", expectSafe);

  it.each<HostileRow>([
    // Five tries of STALL_SECONDS each, and all of that once more: the first time there was patience left.
    {
      what: "a layer",
      given: answering("from", GET_BLOB, TRICKLE),
      error: { ...TIMEOUT, detail: /did not get on within 2 s/ },
      limitMs: 45_000,
    },
  ])("$what", { timeout: 50_000 }, expectSafe);
});

describe.concurrent("a redirect", () => {
  it.each<HostileRow>([
    {
      what: "of the manifest in a circle",
      given: answering("from", GET_MANIFEST, { redirectTo: "{path}" }),
      error: { ...UNAVAILABLE, detail: /more than 10 times/ },
    },
    {
      what: "of the layer in a circle",
      given: answering("from", GET_BLOB, { redirectTo: "{path}" }),
      error: { ...UNAVAILABLE, detail: /more than 10 times/ },
    },
    {
      what: "between two hosts in a circle",
      given: async (attempt: Attempt) => {
        const { from } = attempt;
        await answering("from", { server: "registry", ...GET_BLOB }, { redirectTo: `http://${from.storageHost}{path}` })(attempt);
        await from.fail({ server: "storage", times: "always", action: { redirectTo: `${from.url}{path}` } });
      },
      error: { ...UNAVAILABLE, detail: /more than 10 times/ },
    },
    {
      what: "that grows by 10 kB each time",
      given: answering("from", GET_MANIFEST, { redirectTo: `{path}?${LONG.slice(0, 10_000)}` }),
      error: { code: "unsupported", side: "source", upstream: { status: 431 } },
    },
  ])("$what", expectSafe);
});

function unauthorized(challenges: readonly string[]): FaultAction {
  return { status: 401, headers: { "www-authenticate": challenges.join(", ") } };
}

function realms(tokenHost: string): string[] {
  return Array.from({ length: 2_000 }, (_, number) => `Bearer realm="http://${tokenHost}/token/${number}"`);
}
