import { describe, expect, it } from "vitest";
import { CopyError } from "../../../src/oci/errors.ts";
import { Repository } from "../../../src/registry/repository.ts";
import type { RegistryRequest } from "../../../src/registry/request.ts";
import { BLOB, BLOB_PATH, OTHER_DIGEST, scripted, UPLOADS, unavailable } from "./scripted-repository.ts";
import { brokenConnection, bytesOf, failureFrom, ociError, type ScriptedAnswer } from "./scripted-transport.ts";
import { type Script, script, transportOn } from "./scripted-wire.ts";

describe("opening a blob", () => {
  it("asks for it as it is", async () => {
    const { repository } = scripted("source", [
      {
        request: `GET ${BLOB_PATH}`,
        headers: { range: null },
        answer: { status: 200, headers: { "content-length": "10" }, body: "0123456789" },
      },
    ]);
    const { stream, offset } = await repository.openBlob(BLOB, 0);
    expect([await new Response(stream).text(), offset]).toEqual(["0123456789", 0]);
  });

  it.each([[400], [416]])("Q63: asks for the whole where a range is answered %i", async (status) => {
    const { transport, repository } = scripted("source", [
      { request: `GET ${BLOB_PATH}`, headers: { range: "bytes=4-" }, answer: { status } },
      { request: `GET ${BLOB_PATH}`, headers: { range: null }, answer: { status: 200, body: "0123456789" } },
    ]);
    expect((await repository.openBlob(BLOB, 4)).offset).toBe(0);
    transport.expectDone();
  });

  it("Q63: asks for nothing at its end", async () => {
    const { repository } = scripted("source", []);
    const { stream, offset } = await repository.openBlob(BLOB, 10);
    expect([await new Response(stream).text(), offset]).toEqual(["", 10]);
  });

  it("Q71: fails where it is missing, and says which", async () => {
    const { repository } = scripted("source", [{ request: `GET ${BLOB_PATH}`, answer: { status: 404, body: ociError("BLOB_UNKNOWN") } }]);
    const failure = await failureFrom(repository.openBlob(BLOB, 0));
    expect(failure).toMatchObject({ code: "not-found", retry: "never", side: "source" });
    expect(failure.message).toContain(BLOB.digest);
  });
});

describe("opening a small blob whole", () => {
  it("has it read with the answer, with room for a coding", async () => {
    let buffered: number | undefined;
    const answer = async ({ bufferBytes }: RegistryRequest) => {
      buffered = bufferBytes;
      return { status: 200, body: "0123456789" };
    };
    const { repository } = scripted("source", [{ request: `GET ${BLOB_PATH}`, headers: { range: null }, answer }]);
    const { stream, offset } = await repository.openWhole(BLOB);
    expect([await new Response(stream).text(), offset]).toEqual(["0123456789", 0]);
    expect(buffered).toBeGreaterThan(BLOB.size);
  });

  it("fails with `timeout` where nothing comes after the headers", async () => {
    const net: Script = script({
      ask: `GET https://registry.test${BLOB_PATH}`,
      reply: () => {
        net.hang();
        return new Response(new ReadableStream(), { headers: { "content-length": "10" } });
      },
    });
    const repository = new Repository({
      transport: transportOn(net.effects),
      repository: "acme/app",
      as: "source",
      plan: { way: "monolithic", chunkSize: 4 },
      effects: net.effects,
    });
    expect(await failureFrom(repository.openWhole(BLOB))).toMatchObject({ code: "timeout", retry: "later", registry: "registry.test" });
  });
});

describe("opening a blob behind a link", () => {
  const refused = { status: 403, body: "<Code>AccessDenied</Code>", url: "https://store.example/x?signature=old" };
  const given = { status: 200, body: "0123456789", url: "https://store.example/x?signature=new" };
  const asking = (answer: ScriptedAnswer) => ({ request: `GET ${BLOB_PATH}`, answer });

  it.each([[400], [401], [403]])("Q58: asks the registry for a new one where the store refuses it with %i", async (status) => {
    const { transport, repository } = scripted("source", [asking({ ...refused, status }), asking(given)]);
    expect(await new Response((await repository.openBlob(BLOB, 0)).stream).text()).toBe("0123456789");
    transport.expectDone();
  });

  it("Q58: does so once", async () => {
    const { transport, repository } = scripted("source", [asking(refused), asking(refused)]);
    const failure = await failureFrom(repository.openBlob(BLOB, 0));
    expect(failure).toMatchObject({ code: "access-denied", retry: "never", upstream: { status: 403 } });
    expect(failure.message).toContain("store.example");
    transport.expectDone();
  });

  it.each([
    ["the registry itself refuses", { status: 403 }],
    ["the store has nothing", { ...refused, status: 404 }],
  ])("does not where %s", async (_, answer) => {
    const { transport, repository } = scripted("source", [asking(answer)]);
    await failureFrom(repository.openBlob(BLOB, 0));
    transport.expectDone();
  });
});

describe("looking for a blob", () => {
  it.each<[string, ScriptedAnswer | CopyError, boolean]>([
    ["that is there", { status: 200, headers: { "content-length": "10" } }, true],
    ["that is not", { status: 404 }, false],
    ["Q59: behind a presigned URL", { status: 403 }, false],
    ["Q59: behind a store that fails", unavailable(502), false],
  ])("%s", async (_, answer, there) => {
    const { repository } = scripted("target", [{ request: `HEAD ${BLOB_PATH}`, answer }]);
    expect(await repository.hasBlob(BLOB)).toBe(there);
  });

  it.each<[string, ScriptedAnswer | CopyError, string]>([
    ["is not let in", { status: 401 }, "access-denied"],
    ["finds no registry", unavailable(), "registry-unavailable"],
    ["is asked for patience", unavailable(503, 90_000), "registry-unavailable"],
  ])("fails where it %s", async (_, answer, code) => {
    const { repository } = scripted("target", [{ request: `HEAD ${BLOB_PATH}`, answer }]);
    expect(await failureFrom(repository.hasBlob(BLOB))).toMatchObject({ code });
  });
});

describe("mounting a blob", () => {
  const mount = { request: `POST ${UPLOADS}?mount=${BLOB.digest}&from=acme/base`, body: null };
  const begun = { status: 202, headers: { location: `${UPLOADS}7` } };
  const put = { request: `PUT ${UPLOADS}7?digest=${BLOB.digest}`, body: "0123456789", answer: { status: 201 } };

  it("Q29: takes one request, with a token for both repositories, the destination first (Q27)", async () => {
    const { repository } = scripted("target", [
      { ...mount, scopes: ["repository:acme/app:pull,push", "repository:acme/base:pull"], answer: { status: 201 } },
    ]);
    expect(await repository.mountBlob(BLOB, "acme/base")).toBe("mounted");
  });

  it("Q108: goes on with the upload that was begun instead", async () => {
    const { transport, repository } = scripted("target", [{ ...mount, answer: begun }, put]);
    const upload = await repository.mountBlob(BLOB, "acme/base");
    await (upload as Exclude<typeof upload, string>).finish(bytesOf("0123456789"));
    transport.expectDone();
  });

  it.each<[string, ScriptedAnswer | CopyError]>([
    ["Q108: there is no place to go on", { status: 202 }],
    ["Q110: it is refused", { status: 400, body: `{"details":"invalid repository name"}` }],
    ["Q111: it is not known", { status: 405 }],
    ["Q110: the other repository is not found", { status: 404 }],
    ["Q28: it is denied", { status: 401 }],
    ["Q28: the token is denied", new CopyError({ code: "access-denied", message: "…", retry: "never" })],
    ["the registry fails at mounts alone", unavailable(500)],
    ["another blob was mounted", { status: 201, headers: { "docker-content-digest": OTHER_DIGEST } }],
  ])("begins a plain upload where %s", async (_, answer) => {
    const { transport, repository } = scripted("target", [
      { ...mount, answer },
      { request: `POST ${UPLOADS}`, scopes: ["repository:acme/app:pull,push"], answer: begun },
      put,
    ]);
    const upload = await repository.mountBlob(BLOB, "acme/base");
    await (upload as Exclude<typeof upload, string>).finish(bytesOf("0123456789"));
    transport.expectDone();
  });

  it("fails where the registry does", async () => {
    const { repository } = scripted("target", [{ ...mount, answer: unavailable(503, 90_000) }]);
    expect(await failureFrom(repository.mountBlob(BLOB, "acme/base"))).toMatchObject({ code: "registry-unavailable", waitMs: 90_000 });
  });
});

describe("beginning an upload", () => {
  it.each<[string, ScriptedAnswer, object]>([
    ["is denied", { status: 403, body: ociError("DENIED") }, { code: "access-denied", retry: "never" }],
    ["finds no repository", { status: 404, body: ociError("NAME_UNKNOWN") }, { code: "not-found", retry: "never" }],
    ["gets no place to send to (Q75)", { status: 202 }, { code: "destination-refused", retry: "never", upstream: { status: 202 } }],
    ["gets a page of HTML", { status: 200, headers: { "content-type": "text/html" }, body: "<html>" }, { code: "destination-refused" }],
  ])("fails where it %s", async (_, answer, expected) => {
    const { repository } = scripted("target", [{ request: `POST ${UPLOADS}`, body: null, answer }]);
    expect(await failureFrom(repository.startUpload(BLOB))).toMatchObject({ ...expected, side: "destination" });
  });

  const tags = "GET /v2/acme/app/tags/list?n=1";

  it("Q80: says that the repository is missing where ECR only hangs up", async () => {
    const { repository } = scripted("target", [
      { request: `POST ${UPLOADS}`, answer: brokenConnection() },
      { request: tags, answer: { status: 404, body: ociError("NAME_UNKNOWN", "The repository with name 'app' does not exist") } },
    ]);
    const failure = await failureFrom(repository.startUpload(BLOB));
    expect(failure).toMatchObject({ code: "not-found", retry: "never", upstream: { code: "NAME_UNKNOWN" } });
    expect(failure.message).toContain("created");
  });

  it.each<[string, ScriptedAnswer | CopyError]>([
    ["the repository is there", { status: 200, body: `{"tags":[]}` }],
    ["there is no such page", { status: 404, body: "<html>" }],
    ["the registry is not there", brokenConnection()],
  ])("Q80: does not say so where %s", async (_, answer) => {
    const { repository } = scripted("target", [
      { request: `POST ${UPLOADS}`, answer: brokenConnection() },
      { request: tags, answer },
    ]);
    expect(await failureFrom(repository.startUpload(BLOB))).toMatchObject({ code: "registry-unavailable", retry: "later" });
  });
});
