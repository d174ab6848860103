import { describe, expect, test } from "vitest";
import { type AwsKeys, createEcrRepository, type EcrRegistry, ecrLogin, ecrRegistry } from "../../../../src/registry/cloud/ecr.ts";
import { serviceOn } from "../../../../src/registry/cloud/service.ts";
import { TokenCache } from "../../../../src/registry/token-cache.ts";
import { type AwsOptions, awsService } from "../../../support/clouds/aws.ts";
import { basic, cloudWire, failureOf, statusOf, wanting } from "./cloud-wire.ts";

const REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const API = "api.ecr.eu-west-1.amazonaws.com";
const KEYS: AwsKeys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const PERMIT = { http: false, private: false };
const HOUR_MS = 3_600_000;

function login(keys = KEYS, registry = REGISTRY) {
  return ecrLogin({ registry: ecrRegistry(registry) as EcrRegistry, keys, permit: PERMIT });
}

/** A registry of ECR's whose password changes whenever a token is asked for. */
function ecr(options: Partial<AwsOptions> = {}) {
  let issued = 0;
  const wire = cloudWire(
    (now) => ({
      [REGISTRY]: wanting(() => basic("AWS", `word${issued}`), 'Basic realm="https://ecr",service="ecr.amazonaws.com"'),
      [API]: awsService({ ...KEYS, region: "eu-west-1", account: "123456789012", password: () => `word${++issued}`, now, ...options }),
    }),
    REGISTRY,
  );
  return { wire, revoke: () => issued++ };
}

describe("Q34: which hosts are ECR's", () => {
  test.each([
    [REGISTRY, "eu-west-1", `https://${API}`],
    ["123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", "us-east-1", "https://ecr-fips.us-east-1.amazonaws.com"],
    ["123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1", "https://api.ecr.cn-north-1.amazonaws.com.cn"],
    ["123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1", "https://ecr.eu-west-1.api.aws"],
    ["public.ecr.aws", "us-east-1", "https://api.ecr-public.us-east-1.amazonaws.com"],
  ])("%s", (host, region, api) => {
    expect(ecrRegistry(host)).toMatchObject({ region, api });
  });

  test.each([
    "docker.io",
    "12345678901.dkr.ecr.eu-west-1.amazonaws.com",
    `${REGISTRY}:443`,
    `${REGISTRY}.evil.example`,
    `evil.${REGISTRY}`,
    "123456789012.dkr.ecr.evil/eu-west-1.amazonaws.com",
    "123456789012.dkr.ecr.a.b.amazonaws.com",
  ])("not %s", (host) => {
    expect(ecrRegistry(host)).toBeUndefined();
  });
});

describe("GetAuthorizationToken", () => {
  test("is signed, and its password logs in; once for all requests", async () => {
    const { wire } = ecr();
    const transport = wire.transport(login());
    expect(await Promise.all([statusOf(transport, REGISTRY), statusOf(transport, REGISTRY)])).toEqual([200, 200]);
    expect(await statusOf(transport, REGISTRY)).toBe(200);
    expect(wire.callsTo(API)).toHaveLength(1);
    expect(wire.callsTo(API)[0]?.headers).toMatchObject({ "user-agent": expect.stringContaining("transship") });
  });

  test("with temporary keys the session token is sent and signed", async () => {
    const keys = { ...KEYS, sessionToken: "FwoGZXIvYXdzEXAMPLE//token==" };
    const { wire } = ecr({ sessionToken: keys.sessionToken });
    expect(await statusOf(wire.transport(login(keys)), REGISTRY)).toBe(200);
  });

  test("the isolate's next transport uses the same password, for another repository too", async () => {
    const { wire } = ecr();
    const tokens = new TokenCache();
    await statusOf(wire.transport(login(), tokens), REGISTRY);
    expect(await statusOf(wire.transport(login(), tokens), REGISTRY)).toBe(200);
    expect(wire.callsTo(API)).toHaveLength(1);
  });

  test("is asked again five minutes before the password ends, and not before", async () => {
    const { wire } = ecr();
    const transport = wire.transport(login());
    await statusOf(transport, REGISTRY);
    wire.pass(12 * HOUR_MS - 5 * 60_000 - 1000);
    await statusOf(transport, REGISTRY);
    expect(wire.callsTo(API)).toHaveLength(1);
    wire.pass(1000);
    expect(await statusOf(transport, REGISTRY)).toBe(200);
    expect(wire.callsTo(API)).toHaveLength(2);
  });

  test("a password that was kept and is refused is had anew, once", async () => {
    const { wire, revoke } = ecr();
    const transport = wire.transport(login());
    await statusOf(transport, REGISTRY);
    revoke();
    expect(await statusOf(transport, REGISTRY)).toBe(200);
    expect(wire.callsTo(API)).toHaveLength(2);
  });

  test("a new password that is refused is the registry's answer", async () => {
    const { wire } = ecr({ password: "wrong" });
    expect(await statusOf(wire.transport(login()), REGISTRY)).toBe(401);
    expect(wire.callsTo(API)).toHaveLength(1);
  });

  test.each<[string, AwsKeys, string]>([
    ["another secret", { ...KEYS, secretAccessKey: "wJalrXUtnFEMI/other" }, "InvalidSignatureException"],
    ["another key", { ...KEYS, accessKeyId: "AKIDOTHER" }, "UnrecognizedClientException"],
  ])("with %s the failure names the variables and no value", async (_, keys, type) => {
    const { wire } = ecr();
    const failure = await failureOf(statusOf(wire.transport(login(keys)), REGISTRY), keys.secretAccessKey, keys.accessKeyId);
    expect(failure).toMatchObject({ code: "access-denied", retry: "never", side: "source", registry: REGISTRY, upstream: { status: 400 } });
    expect(failure.message).toContain(type);
    expect(failure.message).toContain("AWS_SECRET_ACCESS_KEY");
  });

  test("a clock that is wrong makes the stand-in refuse it", async () => {
    const { wire } = ecr({ now: () => wire.now() + 6 * 60_000 });
    expect(await failureOf(statusOf(wire.transport(login()), REGISTRY))).toMatchObject({ code: "access-denied" });
  });

  test("throttling passes", async () => {
    let refusals = 2;
    const wire = cloudWire((now) => {
      const service = awsService({ ...KEYS, region: "eu-west-1", account: "123456789012", password: "word", now });
      return {
        [REGISTRY]: wanting(() => basic("AWS", "word")),
        [API]: (call) =>
          refusals-- > 0 ? { status: 400, json: { __type: "ThrottlingException", message: "Rate exceeded" } } : service(call),
      };
    }, REGISTRY);
    expect(await statusOf(wire.transport(login()), REGISTRY)).toBe(200);
  });

  test.each<[string, unknown]>([
    ["nothing", {}],
    ["an empty list", { authorizationData: [] }],
    ["no text", { authorizationData: [{ authorizationToken: 7 }] }],
    ["no base64", { authorizationData: [{ authorizationToken: "%%%" }] }],
    ["no colon", { authorizationData: [{ authorizationToken: btoa("AWS") }] }],
    ["an array", []],
    ["null", null],
  ])("an answer with %s is no login", async (_, json) => {
    const wire = cloudWire(() => ({ [REGISTRY]: wanting(() => "nothing will do"), [API]: () => ({ status: 200, json }) }), REGISTRY);
    expect(await failureOf(statusOf(wire.transport(login()), REGISTRY))).toMatchObject({ code: "access-denied", retry: "never" });
  });

  test("a redirect is not followed: the keys' signature is for one address", async () => {
    const wire = cloudWire(
      () => ({
        [REGISTRY]: wanting(() => "nothing will do"),
        [API]: () => ({ status: 307, json: {}, headers: { location: "https://evil.example/" } }),
      }),
      REGISTRY,
    );
    expect(await failureOf(statusOf(wire.transport(login()), REGISTRY))).toMatchObject({ code: "access-denied" });
    expect(wire.callsTo("evil.example")).toEqual([]);
  });

  test("a private address that was configured without the right to it is refused unasked", async () => {
    const { wire } = ecr();
    const cloud = ecrLogin({ registry: ecrRegistry(REGISTRY) as EcrRegistry, keys: KEYS, permit: PERMIT, api: "https://169.254.169.254" });
    expect(await failureOf(statusOf(wire.transport(cloud), REGISTRY))).toMatchObject({ code: "address-refused" });
    expect(wire.calls.map(({ url }) => url.host)).toEqual([REGISTRY]);
  });
});

test("Q35: public ECR is asked at its own service, and its password goes to the token server", async () => {
  const host = "public.ecr.aws";
  const wire = cloudWire(
    (now) => ({
      [host]: (call) =>
        call.url.pathname === "/token/"
          ? call.headers.authorization === basic("AWS", "public word")
            ? { status: 200, json: { token: "t" } }
            : { status: 401, json: {} }
          : wanting(() => "Bearer t", `Bearer realm="https://${host}/token/",service="${host}",scope="aws"`)(call),
      "api.ecr-public.us-east-1.amazonaws.com": awsService({
        ...KEYS,
        service: "ecr-public",
        region: "us-east-1",
        password: "public word",
        now,
      }),
    }),
    host,
  );
  expect(await statusOf(wire.transport(login(KEYS, host)), host)).toBe(200);
});

describe("CreateRepository", () => {
  const made: string[] = [];
  const { wire } = ecr({ create: (name) => !made.includes(name) && made.push(name) > 0 });
  const access = { registry: ecrRegistry(REGISTRY) as EcrRegistry, keys: KEYS, permit: PERMIT };
  const endpoint = { registry: REGISTRY, base: new URL(`https://${REGISTRY}`), side: "destination" as const };
  const ask = serviceOn({ endpoint, effects: wire.effects, headersTimeoutMs: 1e6 }, () => [KEYS.secretAccessKey]);

  test("says whether the repository is new", async () => {
    expect(await createEcrRepository(access, "team/app", ask, wire.now)).toBe(true);
    expect(await createEcrRepository(access, "team/app", ask, wire.now)).toBe(false);
    expect(made).toEqual(["team/app"]);
  });

  test("fails where AWS does not take the name", async () => {
    const failure = await failureOf(createEcrRepository(access, "Team", ask, wire.now));
    expect(failure).toMatchObject({ code: "access-denied", registry: REGISTRY });
    expect(failure.message).toContain("InvalidParameterException");
  });
});
