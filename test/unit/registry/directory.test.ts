/** What a repository tells of its content: its tags and referrers, over a scripted transport. */
import { describe, expect, it, test } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { CopyError } from "../../../src/oci/errors.ts";
import { OCI_INDEX, OCI_MANIFEST } from "../../../src/oci/media-types.ts";
import { RepositoryDirectory } from "../../../src/registry/directory.ts";
import { ReferrersSupport } from "../../../src/registry/referrers-support.ts";
import { referrersMemory } from "../../support/referrers-memory.ts";
import { bytesOf, type Exchange, failureFrom, ociError, type ScriptedAnswer, ScriptedTransport } from "./scripted-transport.ts";

const subject = digestOf(bytesOf("subject"));
const other = digestOf(bytesOf("other"));
const PATH = `/v2/acme/app/referrers/${subject}`;
const ASK = `GET ${PATH}`;

const entry = (name: string) => ({ mediaType: OCI_MANIFEST, digest: digestOf(bytesOf(name)), size: 7, artifactType: "application/x.sig" });

function index(names: readonly string[], headers: Record<string, string> = {}): ScriptedAnswer {
  const body = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: names.map(entry) });
  return { status: 200, headers: { "content-type": OCI_INDEX, ...headers }, body };
}

function directory(script: readonly Exchange[], as: "source" | "target" = "source", support = new ReferrersSupport()) {
  const transport = new ScriptedTransport(script, as === "source" ? "source" : "destination");
  const memory = referrersMemory(support, "registry.example", () => 0);
  return {
    transport,
    knows: () => support.knows("registry.example", 0),
    directory: new RepositoryDirectory({ transport, repository: "acme/app", as, memory }),
  };
}

describe("referrers", () => {
  test("are asked for once, without a filter, and with the repository's own scopes", async () => {
    const pulled = directory([
      { request: ASK, headers: { accept: OCI_INDEX }, scopes: ["repository:acme/app:pull"], answer: index(["a"]) },
    ]);
    expect(await pulled.directory.referrers(subject)).toEqual([entry("a")]);
    expect(pulled.knows()).toBe(true);
    const pushed = directory([{ request: ASK, scopes: ["repository:acme/app:pull,push"], answer: index([]) }], "target");
    expect(await pushed.directory.referrers(subject)).toEqual([]);
  });

  test("come in pages", async () => {
    const { directory: asked, transport } = directory([
      { request: ASK, answer: index(["a", "b"], { link: `<${PATH}?next=1>; rel="next"` }) },
      { request: `${ASK}?next=1`, answer: index(["c"], { link: "https://registry.example/elsewhere?x=2; rel=next" }) },
      { request: "GET /elsewhere?x=2", answer: index(["d"]) },
    ]);
    expect(await asked.referrers(subject)).toEqual(["a", "b", "c", "d"].map(entry));
    transport.expectDone();
  });

  test("in pages without an end are refused", async () => {
    const { directory: asked } = directory([
      { request: ASK, answer: index(["a"], { link: `<${PATH}?p=1>; rel="next"` }) },
      { request: `${ASK}?p=1`, answer: index(["a"], { link: `<${PATH}?p=1>; rel="next"` }) },
    ]);
    expect(await failureFrom(asked.referrers(subject))).toMatchObject({ code: "unsupported", retry: "never", side: "source" });
  });

  it.each<[string, ScriptedAnswer]>([
    ["404 page", { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found\n" }],
    ["400 (Quay)", { status: 400, body: ociError("UNSUPPORTED") }],
    ["401 without a challenge (Harbor 2.7)", { status: 401, body: ociError("UNAUTHORIZED") }],
    ["403", { status: 403, body: ociError("DENIED") }],
    ["405", { status: 405, body: ociError("UNSUPPORTED") }],
    ["406 (Artifactory)", { status: 406 }],
    [
      "HTML after a redirect (GHCR)",
      { status: 200, headers: { "content-type": "text/html" }, body: "<html>", url: "https://github.example/x" },
    ],
    ["200 of another type", { status: 200, headers: { "content-type": "application/json" }, body: '{"manifests":[]}' }],
    ["an index's type on something else", { status: 200, headers: { "content-type": OCI_INDEX }, body: '{"errors":[]}' }],
    ["an index's type on no JSON", { status: 200, headers: { "content-type": OCI_INDEX }, body: "<html>" }],
  ])("Q131: there is no API: %s; and that is remembered for the host", async (_, answer) => {
    const { directory: asked, knows, transport } = directory([{ request: ASK, answer }]);
    expect(await asked.referrers(subject)).toBeUndefined();
    expect(knows()).toBe(false);
    expect(await asked.referrers(other)).toBeUndefined();
    transport.expectDone();
  });

  it.each([["access-denied"], ["address-refused"]] as const)("a refusal before any answer (%s) means the same", async (code) => {
    const answer = new CopyError({ code, message: "no", retry: "never", side: "source" });
    const { directory: asked, knows } = directory([{ request: ASK, answer }]);
    expect(await asked.referrers(subject)).toBeUndefined();
    expect(knows()).toBe(false);
  });

  it.each(["NAME_UNKNOWN", "MANIFEST_UNKNOWN"])("404 %s tells nothing about the API", async (code) => {
    const {
      directory: asked,
      knows,
      transport,
    } = directory([
      { request: ASK, answer: { status: 404, body: ociError(code) } },
      { request: `GET /v2/acme/app/referrers/${other}`, answer: index(["a"]) },
    ]);
    expect(await asked.referrers(subject)).toBeUndefined();
    expect(knows()).toBeUndefined();
    expect(await asked.referrers(other)).toEqual([entry("a")]);
    transport.expectDone();
  });

  it.each(["rate-limited", "registry-unavailable", "timeout"] as const)("what may pass (%s) is no answer", async (code) => {
    const answer = new CopyError({ code, message: "wait", retry: "later", side: "source" });
    const { directory: asked, knows } = directory([{ request: ASK, answer }]);
    expect(await failureFrom(asked.referrers(subject))).toMatchObject({ code, retry: "later" });
    expect(knows()).toBeUndefined();
  });

  test("many side by side of a host that nobody knows are one question, and the rest once that is answered", async () => {
    const [third, fourth] = [digestOf(bytesOf("third")), digestOf(bytesOf("fourth"))];
    const none = directory([{ request: ASK, answer: { status: 404, body: "404 page not found\n" } }]);
    const asked = [subject, other, third, fourth];
    expect(await Promise.all(asked.map((each) => none.directory.referrers(each)))).toEqual(Array(4).fill(undefined));
    none.transport.expectDone();
    const some = directory([
      { request: ASK, answer: index(["a"]) },
      { request: `GET /v2/acme/app/referrers/${other}`, answer: index([]) },
      { request: `GET /v2/acme/app/referrers/${third}`, answer: index(["b"]) },
    ]);
    expect(await Promise.all(asked.slice(0, 3).map((each) => some.directory.referrers(each)))).toEqual([[entry("a")], [], [entry("b")]]);
  });

  test("a first question that fails leaves the others theirs", async () => {
    const answer = new CopyError({ code: "timeout", message: "slow", retry: "later", side: "source" });
    const { directory: asked } = directory([
      { request: ASK, answer },
      { request: `GET /v2/acme/app/referrers/${other}`, answer: index(["a"]) },
    ]);
    const [first, second] = await Promise.allSettled([asked.referrers(subject), asked.referrers(other)]);
    expect([first.status, second]).toEqual(["rejected", { status: "fulfilled", value: [entry("a")] }]);
  });

  test("a cancel is passed on", async () => {
    const answer = new CopyError({ code: "cancelled", message: "stop", retry: "never" });
    const { directory: asked } = directory([{ request: ASK, answer }]);
    expect(await failureFrom(asked.referrers(subject))).toMatchObject({ code: "cancelled" });
  });

  test("a page that is missing after the first is a failure, not the end", async () => {
    const { directory: asked, knows } = directory([
      { request: ASK, answer: index(["a"], { link: `<${PATH}?p=1>; rel="next"` }) },
      { request: `${ASK}?p=1`, answer: { status: 404 } },
    ]);
    expect(await failureFrom(asked.referrers(subject))).toMatchObject({ code: "registry-unavailable", retry: "later" });
    expect(knows()).toBe(true);
  });

  test("a broken descriptor is named with its registry", async () => {
    const body = JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType: OCI_MANIFEST, digest: "sha256:1", size: 1 }] });
    const { directory: asked } = directory([{ request: ASK, answer: { status: 200, headers: { "content-type": OCI_INDEX }, body } }]);
    const failure = await failureFrom(asked.referrers(subject));
    expect(failure).toMatchObject({ code: "manifest-invalid", side: "source", registry: "registry.example" });
  });

  test("what is known of a host is forgotten after an hour, and the oldest hosts first", async () => {
    const support = new ReferrersSupport();
    const { learn } = referrersMemory(support, "a", () => 0);
    await learn(false);
    expect([support.knows("a", 3_599_999), support.knows("a", 3_600_000), support.knows("b", 0)]).toEqual([false, undefined, undefined]);
    for (let host = 0; host < 1_000; host++) {
      support.learn(`h${host}`, true, 1);
    }
    expect([support.knows("a", 0), support.knows("h0", 0)]).toEqual([undefined, true]);
  });
});

describe("tags", () => {
  const LIST = "GET /v2/acme/app/tags/list?n=1000";

  test("come page by page", async () => {
    const { directory: asked, transport } = directory([
      {
        request: LIST,
        answer: { status: 200, headers: { link: '</v2/acme/app/tags/list?last=b&n=2>; rel="next"' }, body: '{"tags":["a","b"]}' },
      },
      { request: "GET /v2/acme/app/tags/list?last=b&n=2", answer: { status: 200, body: '{"tags":["c"]}' } },
    ]);
    const first = await asked.tagPage();
    expect(first.tags).toEqual(["a", "b"]);
    expect(await asked.tagPage(first.next)).toEqual({ tags: ["c"] });
    transport.expectDone();
  });

  it.each(['{"name":"acme/app","tags":null}', '{"name":"acme/app"}', '{"tags":[]}'])("may be none: %s", async (body) => {
    const { directory: asked } = directory([{ request: LIST, answer: { status: 200, body } }]);
    expect(await asked.tagPage()).toEqual({ tags: [] });
  });

  it.each(["<html>", '{"tags":"a"}', "null", ""])("an answer that is no list is said to be none: %j", async (body) => {
    const { directory: asked } = directory([{ request: LIST, answer: { status: 200, body } }]);
    expect(await failureFrom(asked.tagPage())).toMatchObject({ code: "registry-unavailable", retry: "never", side: "source" });
  });

  test("an error is the registry's own", async () => {
    const { directory: asked } = directory([{ request: LIST, answer: { status: 404, body: ociError("NAME_UNKNOWN") } }]);
    expect(await failureFrom(asked.tagPage())).toMatchObject({ code: "not-found", upstream: { status: 404, code: "NAME_UNKNOWN" } });
  });
});
