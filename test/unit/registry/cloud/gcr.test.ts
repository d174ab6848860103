import { describe, expect, test } from "vitest";
import { type GoogleKey, gcrLogin } from "../../../../src/registry/cloud/gcr.ts";
import { type GoogleOptions, googleService, serviceAccount } from "../../../support/clouds/google.ts";
import { basic, cloudWire, failureOf, statusOf, wanting } from "./cloud-wire.ts";

const REGISTRY = "europe-docker.pkg.dev";
const GOOGLE = "oauth2.googleapis.com";
const PERMIT = { http: false, private: false };
const account = serviceAccount();
const other = serviceAccount();

function keyOf({ keyFile }: typeof account): GoogleKey {
  return {
    clientEmail: keyFile.client_email ?? "",
    privateKey: keyFile.private_key ?? "",
    privateKeyId: keyFile.private_key_id ?? "",
    tokenUri: keyFile.token_uri ?? "",
  };
}

/** A registry whose token server takes Google's access token as the password, and gives a token of its own. */
function google(options: Partial<GoogleOptions> = {}) {
  let issued = 0;
  const wire = cloudWire(
    (now) => ({
      [REGISTRY]: (call) =>
        call.url.pathname === "/v2/token"
          ? call.headers.authorization === basic("oauth2accesstoken", `ya29.${issued}`)
            ? { status: 200, json: { token: `t${issued}`, expires_in: 300 } }
            : { status: 403, json: { errors: [{ code: "DENIED", message: `not ${call.headers.authorization}` }] } }
          : wanting(() => `Bearer t${issued}`, `Bearer realm="https://${REGISTRY}/v2/token",service="${REGISTRY}"`)(call),
      [GOOGLE]: googleService({ account, accessToken: () => `ya29.${++issued}`, now, ...options }),
    }),
    REGISTRY,
  );
  return { wire, revoke: () => issued++ };
}

describe("Q36: a service account's key", () => {
  test("becomes an assertion that the public key verifies, an access token, and the registry's token", async () => {
    const { wire } = google();
    const transport = wire.transport(gcrLogin({ key: keyOf(account), permit: PERMIT }));
    expect(await Promise.all([statusOf(transport, REGISTRY), statusOf(transport, REGISTRY)])).toEqual([200, 200]);
    expect(wire.callsTo(GOOGLE)).toHaveLength(1);
  });

  test("the access token is renewed five minutes before its hour is over", async () => {
    const { wire } = google();
    const transport = wire.transport(gcrLogin({ key: keyOf(account), permit: PERMIT }));
    await statusOf(transport, REGISTRY);
    wire.pass(3599_000 - 300_000 - 1);
    await statusOf(transport, REGISTRY);
    expect(wire.callsTo(GOOGLE)).toHaveLength(1);
    wire.pass(300_001);
    expect(await statusOf(transport, REGISTRY)).toBe(200);
    expect(wire.callsTo(GOOGLE)).toHaveLength(2);
  });

  test("an access token that was kept and is refused by the token server is had anew", async () => {
    const { wire, revoke } = google();
    const transport = wire.transport(gcrLogin({ key: keyOf(account), permit: PERMIT }));
    await statusOf(transport, REGISTRY);
    revoke();
    wire.pass(400_000);
    expect(await statusOf(transport, REGISTRY)).toBe(200);
    expect(wire.callsTo(GOOGLE)).toHaveLength(2);
  });

  test.each<[string, GoogleKey]>([
    ["of another account", { ...keyOf(account), privateKey: keyOf(other).privateKey }],
    ["with another address", { ...keyOf(account), tokenUri: `https://${GOOGLE}/other` }],
    ["with another name", { ...keyOf(account), clientEmail: "else@acme.iam.gserviceaccount.com" }],
  ])("%s is refused; the failure names the variable and holds no secret", async (_, key) => {
    const { wire } = google();
    const failure = await failureOf(statusOf(wire.transport(gcrLogin({ key, permit: PERMIT })), REGISTRY), key.privateKey.slice(60, 100));
    expect(failure).toMatchObject({ code: "access-denied", registry: REGISTRY, upstream: { status: 400 } });
    expect(failure.message).toContain("invalid_grant");
    expect(failure.message).toContain("GOOGLE_APPLICATION_CREDENTIALS_JSON");
  });

  test("that can't sign is no login, and is not quoted", async () => {
    const { wire } = google();
    const key = { ...keyOf(account), privateKey: "-----BEGIN PRIVATE KEY-----\nc2VjcmV0c2VjcmV0\n-----END PRIVATE KEY-----\n" };
    const failure = await failureOf(statusOf(wire.transport(gcrLogin({ key, permit: PERMIT })), REGISTRY), "c2VjcmV0");
    expect(failure).toMatchObject({ code: "access-denied" });
    expect(wire.callsTo(GOOGLE)).toEqual([]);
  });

  test("is asked for at another address where one is configured, with the audience of the key", async () => {
    const wire = cloudWire(
      (now) => ({
        [REGISTRY]: wanting(() => basic("oauth2accesstoken", "ya29.x")),
        "proxy.example.com": googleService({ account, accessToken: "ya29.x", now }),
      }),
      REGISTRY,
    );
    const cloud = gcrLogin({ key: keyOf(account), permit: PERMIT, tokenEndpoint: "https://proxy.example.com/token" });
    expect(await statusOf(wire.transport(cloud), REGISTRY)).toBe(200);
  });

  test.each<[string, unknown]>([
    ["nothing", {}],
    ["an id_token only", { id_token: "x" }],
    ["a token with a line's end", { access_token: "a\r\nb" }],
  ])("an answer with %s is no login", async (_, json) => {
    const wire = cloudWire(() => ({ [REGISTRY]: wanting(() => "nothing will do"), [GOOGLE]: () => ({ status: 200, json }) }), REGISTRY);
    const failure = await failureOf(statusOf(wire.transport(gcrLogin({ key: keyOf(account), permit: PERMIT })), REGISTRY));
    expect(failure).toMatchObject({ code: "access-denied", retry: "never" });
  });
});
