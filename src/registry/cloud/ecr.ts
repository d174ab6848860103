/** Amazon ECR, private and public: names, `GetAuthorizationToken`, `CreateRepository`. Requests are made here and answers read; nothing is sent (Q34, Q35). */
import { AwsV4Signer } from "aws4fetch";
import type { HostPermit } from "../../net/address.ts";
import { parseUserPassword } from "../basic.ts";
import { type IssuedToken, MAX_TOKEN_LIFE_MS, MIN_TOKEN_LIFE_MS } from "../token.ts";
import { type AskService, type CloudLogin, type ServiceAnswer, type ServiceRequest, tokenIn } from "./login.ts";

/** `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`. Secret. */
export interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
  /** With temporary keys only. */
  sessionToken?: string;
}

/** A registry in ECR, and the API that is responsible for it. */
export interface EcrRegistry {
  /** `public` is the gallery, one for all, with an API of its own. */
  kind: "private" | "public";
  /** The AWS account of a private registry. */
  account?: string;
  /** What requests to the API are signed for. */
  region: string;
  /** The API's address. */
  api: string;
}

const PUBLIC: EcrRegistry = { kind: "public", region: "us-east-1", api: "https://api.ecr-public.us-east-1.amazonaws.com" };

/** `<account>.dkr.ecr[-fips].<region>.amazonaws.com[.cn]`, and the dual-stack form `<account>.dkr-ecr[-fips].<region>.on.aws` (`.on.amazonwebservices.com.cn` in China). */
const IPV4_HOST = /^(\d{12})\.dkr\.ecr(-fips)?\.([a-z\d-]+)\.(amazonaws\.com(?:\.cn)?)$/;
const DUAL_STACK_HOST = /^(\d{12})\.dkr-ecr(-fips)?\.([a-z\d-]+)\.on\.(aws|amazonwebservices\.com\.cn)$/;

/** The ECR registry that a host is, by its name; `undefined` for any other. Public ECR has one API for all, in us-east-1 (Q35). */
export function ecrRegistry(host: string): EcrRegistry | undefined {
  if (host === "public.ecr.aws") {
    return PUBLIC;
  }
  const [, account, fips, region, suffix] = IPV4_HOST.exec(host) ?? DUAL_STACK_HOST.exec(host) ?? [];
  if (account === undefined || region === undefined || suffix === undefined) {
    return undefined;
  }
  const isDualStack = !suffix.startsWith("amazonaws");
  const name = fips === undefined ? (isDualStack ? "ecr" : "api.ecr") : "ecr-fips";
  const domain = { aws: "api.aws", "amazonwebservices.com.cn": "api.amazonwebservices.com.cn" }[suffix] ?? suffix;
  return { kind: "private", account, region, api: `https://${name}.${region}.${domain}` };
}

/** Where to ask, and with what. */
export interface EcrAccess {
  registry: EcrRegistry;
  keys: AwsKeys;
  /** Another address of the API. */
  api?: string;
  /** What the operator allows at the API. */
  permit: HostPermit;
}

const TARGETS = { private: "AmazonEC2ContainerRegistry_V20150921", public: "SpencerFrontendService" } as const;

/** A login by `GetAuthorizationToken`, good for 12 hours. One serves all repositories of an account in a region. */
export function ecrLogin(access: EcrAccess): CloudLogin {
  const { registry, keys } = access;
  return {
    key: { origin: `ecr-login ${registry.account ?? "public"} ${registry.region}`, credentialsId: keys.accessKeyId, scopes: [] },
    secrets: secretsOfKeys(keys),
    issue: async (ask, now) => {
      const input = registry.account === undefined ? {} : { registryIds: [registry.account] };
      return authorizationToken(await ask(await ecrRequest(access, "GetAuthorizationToken", input, now())));
    },
    credentialsWith: (password) => ({ id: "ecr-login", username: "AWS", password }),
  };
}

/**
 * Creates a repository. Resolves with whether it is new; one that is there already is no failure. Fails as `ask` does.
 *
 * `repository` is the path of a reference: with public ECR its first part is the registry's alias, and no part of the name.
 */
export async function createEcrRepository(access: EcrAccess, repository: string, ask: AskService, now: () => number): Promise<boolean> {
  const { registry } = access;
  const repositoryName = registry.kind === "public" ? repository.slice(repository.indexOf("/") + 1) : repository;
  const input = { repositoryName, ...(registry.account === undefined ? {} : { registryId: registry.account }) };
  const request = await ecrRequest(access, "CreateRepository", input, now());
  const { json } = await ask({ ...request, accepts: "RepositoryAlreadyExistsException" });
  return typeof json.repository === "object";
}

/** The texts by which the keys could be quoted. The access key's id is no secret, but nobody's concern. */
export function secretsOfKeys({ accessKeyId, secretAccessKey, sessionToken }: AwsKeys): string[] {
  return [secretAccessKey, accessKeyId, ...(sessionToken === undefined ? [] : [sessionToken])];
}

/** A call of AWS's JSON 1.1 protocol, signed with Signature Version 4. */
async function ecrRequest(
  { registry, keys, api, permit }: EcrAccess,
  operation: string,
  input: unknown,
  nowMs: number,
): Promise<ServiceRequest> {
  const url = new URL(api ?? registry.api);
  const body = JSON.stringify(input);
  const service = registry.kind === "public" ? "ecr-public" : "ecr";
  const signer = new AwsV4Signer({
    method: "POST",
    url: url.href,
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${TARGETS[registry.kind]}.${operation}` },
    body,
    ...keys,
    service,
    region: registry.region,
    datetime: new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, ""),
  });
  const signed = await signer.sign();
  return {
    what: `Asking ${url.host} for ${operation}`,
    url,
    permit,
    headers: Object.fromEntries(signed.headers),
    body,
    variables: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  };
}

/** The password in a `GetAuthorizationToken` answer: a list of one with private ECR, a single one with public. */
function authorizationToken({ json, askedAtMs }: ServiceAnswer): IssuedToken {
  const data: unknown = Array.isArray(json.authorizationData) ? json.authorizationData[0] : json.authorizationData;
  if (typeof data !== "object" || data === null) {
    throw new Error("its answer has no authorizationData");
  }
  const fields = data as Readonly<Record<string, unknown>>;
  const password = parseUserPassword(tokenIn(fields, "authorizationToken"))?.password;
  if (password === undefined || password === "") {
    throw new Error("its answer has no usable authorizationToken");
  }
  const { expiresAt } = fields;
  const lifeMs = typeof expiresAt === "number" ? expiresAt * 1000 - askedAtMs : MIN_TOKEN_LIFE_MS;
  return { token: password, expiresAtMs: askedAtMs + Math.min(Math.max(lifeMs, MIN_TOKEN_LIFE_MS), MAX_TOKEN_LIFE_MS) };
}
