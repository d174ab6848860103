/** Hooks of type `generic` through the API: the sender is anything that can compute an HMAC, the body that of `POST /copy`. */
import { describe, expect, test } from "vitest";
import { HOOK_SAMPLES } from "../../support/hook-samples/all.ts";
import { hmacHex } from "../../support/hook-samples/sample.ts";
import { NOW } from "./api-fixture.ts";
import { answerOf, hookFixture, SECRET, sampleOf } from "./hook-fixture.ts";

describe("generic", () => {
  const GENERIC = sampleOf(HOOK_SAMPLES, "generic, with rules");
  const own = { type: "generic", copy: [] };
  const COPY = { source: "busybox:1.36", destination: "ghcr.io/acme/busybox" };

  test("takes the body of POST /copy", async () => {
    const api = hookFixture(own);
    expect(await api.deliver(GENERIC, { body: { ...COPY, labels: { by: "ci" } } })).toMatchObject({ status: 202, ignored: [] });
    expect(api.submitted).toMatchObject([
      {
        request: { source: "busybox:1.36", destination: ["ghcr.io/acme/busybox"], labels: { by: "ci" } },
        trigger: { kind: "webhook", name: "main", actor: null },
      },
    ]);
  });

  test("says what is wrong with it, and what is not allowed", async () => {
    const api = hookFixture(own, { config: { policy: [{ from: "**", to: "quay.io/**" }] } });
    expect(await api.deliver(GENERIC, { body: { source: "busybox", destination: "a.io/B", foo: 1 } })).toMatchObject({
      status: 422,
      errors: [{ pointer: "#/foo" }, { pointer: "#/destination" }],
    });
    expect(await api.deliver(GENERIC, { body: COPY })).toMatchObject({ status: 403, code: "forbidden" });
    expect(await api.deliver(GENERIC, { body: { source: "busybox" } })).toMatchObject({ status: 422 });
  });

  test("refuses a key that comes twice, as POST /copy does", async () => {
    const api = hookFixture(own);
    const body = '{"source":"busybox:1.36","destination":"ghcr.io/acme/a","destination":"ghcr.io/acme/b"}';
    const headers = { authorization: "", "content-type": "application/json", "x-signature-256": `sha256=${await hmacHex(SECRET, body)}` };
    expect(await answerOf(await api.send("POST", "/hooks/main", { headers, body }))).toMatchObject({
      status: 400,
      detail: expect.stringContaining('"destination" comes twice'),
    });
    expect(api.submitted).toEqual([]);
  });

  test("a signed time is part of the signature, and good for five minutes", async () => {
    const api = hookFixture(own);
    const text = JSON.stringify(COPY);
    const send = async (seconds: number, signedText: string, header: string | null = String(seconds)) =>
      (
        await api.send("POST", "/hooks/main", {
          headers: {
            authorization: "",
            "content-type": "application/json",
            "x-signature-256": `sha256=${await hmacHex(SECRET, signedText)}`,
            ...(header === null ? {} : { "x-signature-timestamp": header }),
          },
          body: text,
        })
      ).status;
    const now = NOW / 1000;
    expect(await send(now, `${now}.${text}`)).toBe(202);
    expect(await send(now - 299, `${now - 299}.${text}`)).toBe(202);
    // Old, from the future, without its time, with a new time, and with none that is a time.
    expect(await send(now - 301, `${now - 301}.${text}`)).toBe(401);
    expect(await send(now + 301, `${now + 301}.${text}`)).toBe(401);
    expect(await send(now, `${now}.${text}`, null)).toBe(401);
    expect(await send(now - 301, `${now - 301}.${text}`, String(now))).toBe(401);
    expect(await send(now, `soon.${text}`, "soon")).toBe(401);
    // The same again is the same job.
    const before = api.jobs.size;
    expect(await send(now, `${now}.${text}`)).toBe(202);
    expect(api.jobs.size).toBe(before);
  });
});
