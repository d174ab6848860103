import { describe, expect, test } from "vitest";
import { type AzureClient, acrLogin } from "../../../../src/registry/cloud/acr.ts";
import { azureServices, refreshTokenUntil } from "../../../support/clouds/azure.ts";
import { cloudWire, failureOf, NOW, statusOf, wanting } from "./cloud-wire.ts";

const REGISTRY = "acme.azurecr.io";
const ENTRA = "login.microsoftonline.com";
const CLIENT: AzureClient = { tenantId: "11111111-2222-3333-4444-555555555555", clientId: "app-1", clientSecret: "Ab8Q~secret.of_the-app" };
const PERMIT = { http: false, private: false };
const HOUR_MS = 3_600_000;

function login(client = CLIENT, registry = REGISTRY) {
  return acrLogin({ registry, base: new URL(`https://${registry}`), client, permit: PERMIT });
}

/** A registry that exchanges Entra ID's token for a refresh token, and that for an access token by scope. */
function azure(entraHost = ENTRA, registry = REGISTRY, refreshToken = () => refreshTokenUntil(NOW + 3 * HOUR_MS)) {
  const scopes: (string | null)[] = [];
  const given: string[] = [];
  const services = azureServices({ ...CLIENT, registry, refreshToken: () => given[given.push(refreshToken()) - 1] ?? "" });
  const wire = cloudWire(
    () => ({
      [entraHost]: services.entra,
      [registry]: (call) => {
        if (call.url.pathname === "/oauth2/exchange") {
          return services.exchange(call);
        }
        if (call.url.pathname !== "/oauth2/token") {
          return wanting(() => "Bearer access", `Bearer realm="https://${registry}/oauth2/token",service="${registry}"`)(call);
        }
        const form = new URLSearchParams(call.body);
        if (form.get("grant_type") !== "refresh_token" || form.get("service") !== registry || form.get("refresh_token") !== given.at(-1)) {
          return { status: 401, json: { errors: [{ code: "UNAUTHORIZED", message: call.body }] } };
        }
        scopes.push(form.get("scope"));
        return { status: 200, json: { access_token: "access" } };
      },
    }),
    registry,
  );
  return { wire, scopes, given };
}

describe("Q33: an application's secret", () => {
  test("becomes Entra ID's token, the registry's refresh token, and an access token for the scope", async () => {
    const { wire, scopes } = azure();
    const transport = wire.transport(login());
    expect(await Promise.all([statusOf(transport, REGISTRY), statusOf(transport, REGISTRY)])).toEqual([200, 200]);
    expect(scopes).toEqual(["repository:acme/app:pull"]);
    expect(wire.callsTo(ENTRA)).toHaveLength(1);
  });

  test("the refresh token is renewed five minutes before the end that it names", async () => {
    const { wire, given } = azure();
    const transport = wire.transport(login());
    await statusOf(transport, REGISTRY);
    wire.pass(3 * HOUR_MS - 5 * 60_000 - 1000);
    await statusOf(transport, REGISTRY);
    expect(given).toHaveLength(1);
    wire.pass(62_000);
    expect(await statusOf(transport, REGISTRY)).toBe(200);
    expect(given).toHaveLength(2);
  });

  test("a refresh token that is no JWT is used for ten minutes", async () => {
    const { wire, given } = azure(ENTRA, REGISTRY, () => `opaque-${crypto.randomUUID()}`);
    const transport = wire.transport(login());
    await statusOf(transport, REGISTRY);
    wire.pass(6 * 60_000);
    await statusOf(transport, REGISTRY);
    expect(given).toHaveLength(2);
  });

  test.each([
    ["acme.azurecr.cn", "login.partner.microsoftonline.cn"],
    ["acme.azurecr.us", "login.microsoftonline.us"],
  ])("%s is asked for at %s", async (registry, host) => {
    const { wire } = azure(host, registry);
    expect(await statusOf(wire.transport(login(CLIENT, registry)), registry)).toBe(200);
  });

  test("that is wrong is refused by Entra ID; the failure names the variables and holds no secret", async () => {
    const { wire } = azure();
    const failure = await failureOf(statusOf(wire.transport(login({ ...CLIENT, clientSecret: "wr0ng~secret" })), REGISTRY), "wr0ng~secret");
    expect(failure).toMatchObject({ code: "access-denied", registry: REGISTRY, upstream: { status: 401 } });
    expect(failure.message).toMatch(/AADSTS7000215.*AZURE_CLIENT_SECRET/);
  });

  test("of another tenant is refused by the registry, and Entra ID's token is not quoted", async () => {
    const services = azureServices({ ...CLIENT, registry: "other.azurecr.io", refreshToken: "never" });
    const wire = cloudWire(
      () => ({
        [ENTRA]: services.entra,
        [REGISTRY]: (call) =>
          call.url.pathname === "/oauth2/exchange"
            ? {
                status: 401,
                json: { errors: [{ code: "UNAUTHORIZED", message: `no: ${new URLSearchParams(call.body).get("access_token")}` }] },
              }
            : wanting(() => "nothing will do")(call),
      }),
      REGISTRY,
    );
    const work = statusOf(wire.transport(login()), REGISTRY);
    const failure = await failureOf(work);
    expect(services.given.size).toBe(1);
    expect(JSON.stringify(failure)).not.toContain([...services.given][0]);
    expect(failure).toMatchObject({ code: "access-denied" });
  });
});
