/**
 * A stand-in for ECR's API, private and public. It takes no request whose Signature Version 4 it does not come to itself, from the request as it
 * came (AWS, "Create a signed AWS API request").
 */
import { createHash, createHmac } from "node:crypto";
import { type Call, type Reply, refuse, type Service } from "./call.ts";

export interface AwsOptions {
  accessKeyId: string;
  secretAccessKey: string;
  /** Keys that are temporary are good together with this only. */
  sessionToken?: string;
  /** @default "ecr" */
  service?: "ecr" | "ecr-public";
  region: string;
  /** Of a private registry. */
  account?: string;
  /** The password that it gives; a function is asked each time. */
  password: string | (() => string);
  /** Seconds that a password lives. @default 12 hours */
  lifeSeconds?: number;
  /** Milliseconds since the epoch. @default the clock's */
  now?: () => number;
  /** Creates a repository; false where it is there. Without it nobody may create any. */
  create?: (name: string) => boolean;
}

/** How far a request's date may be from the service's, as AWS says. */
const SKEW_MS = 5 * 60_000;

export function awsService(options: AwsOptions): Service {
  const { service = "ecr" } = options;
  const prefix = service === "ecr" ? "AmazonEC2ContainerRegistry_V20150921" : "SpencerFrontendService";
  return (call) => {
    const fault = signatureFault(call, options);
    if (fault !== undefined) {
      return fault;
    }
    if (call.headers["content-type"] !== "application/x-amz-json-1.1") {
      return awsError("SerializationException", "not JSON 1.1");
    }
    switch (call.headers["x-amz-target"]) {
      case `${prefix}.GetAuthorizationToken`:
        return authorizationToken(options, JSON.parse(call.body) as Record<string, unknown>);
      case `${prefix}.CreateRepository`:
        return createRepository(options, JSON.parse(call.body) as Record<string, unknown>);
      default:
        return awsError("UnknownOperationException", "");
    }
  };
}

function authorizationToken(
  { service = "ecr", account, password, lifeSeconds = 43_200, now = Date.now }: AwsOptions,
  input: Record<string, unknown>,
): Reply {
  const word = typeof password === "string" ? password : password();
  const data = {
    authorizationToken: Buffer.from(`AWS:${word}`).toString("base64"),
    expiresAt: now() / 1000 + lifeSeconds,
  };
  if (service === "ecr-public") {
    return { status: 200, json: { authorizationData: data } };
  }
  const [asked] = (input.registryIds as string[] | undefined) ?? [account];
  if (asked !== account) {
    return awsError("InvalidParameterException", `no registry ${asked}`);
  }
  return { status: 200, json: { authorizationData: [{ ...data, proxyEndpoint: `https://${account}.dkr.ecr` }] } };
}

function createRepository({ account, create }: AwsOptions, { repositoryName, registryId }: Record<string, unknown>): Reply {
  if (create === undefined) {
    return awsError("AccessDeniedException", "User is not authorized to perform: ecr:CreateRepository");
  }
  if (typeof repositoryName !== "string" || !/^[a-z0-9]+([._/-][a-z0-9]+)*$/.test(repositoryName) || (registryId ?? account) !== account) {
    return awsError("InvalidParameterException", "Invalid parameter at 'repositoryName'");
  }
  if (!create(repositoryName)) {
    return awsError("RepositoryAlreadyExistsException", `The repository with name '${repositoryName}' already exists`);
  }
  return { status: 200, json: { repository: { repositoryName } } };
}

/** Why a request is not the key holder's, in AWS's words. */
function signatureFault({ method, url, headers, body }: Call, options: AwsOptions): Reply | undefined {
  const { accessKeyId, secretAccessKey, sessionToken, service = "ecr", region, now = Date.now } = options;
  const authorization = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    headers.authorization ?? "",
  );
  const [, credential = "", signedHeaders = "", signature] = authorization ?? [];
  if (authorization === null) {
    return awsError("MissingAuthenticationTokenException", "Missing Authentication Token");
  }
  const [key, day, ...scope] = credential.split("/");
  if (key !== accessKeyId || headers["x-amz-security-token"] !== sessionToken) {
    return awsError("UnrecognizedClientException", "The security token included in the request is invalid.");
  }
  const date = headers["x-amz-date"] ?? "";
  const time = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!(Math.abs(time - now()) <= SKEW_MS) || !date.startsWith(`${day}T`)) {
    return awsError("InvalidSignatureException", `Signature expired: ${date}`);
  }
  if (scope.join("/") !== `${region}/${service}/aws4_request`) {
    return awsError("InvalidSignatureException", `Credential should be scoped to ${region}/${service}`);
  }
  const names = signedHeaders.split(";");
  const needed = ["host", "x-amz-date", "x-amz-target", ...(sessionToken === undefined ? [] : ["x-amz-security-token"])];
  if (needed.some((name) => !names.includes(name)) || names.join() !== [...names].sort().join()) {
    return awsError("InvalidSignatureException", `SignedHeaders=${signedHeaders}`);
  }
  const canonical = [
    method,
    url.pathname,
    [...url.searchParams]
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .sort()
      .join("&"),
    ...names.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/ +/g, " ")}`),
    "",
    signedHeaders,
    sha256(body),
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", date, [day, ...scope].join("/"), sha256(canonical)].join("\n");
  const signingKey = [day ?? "", region, service, "aws4_request"].reduce<string | Buffer>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    `AWS4${secretAccessKey}`,
  );
  const expected = createHmac("sha256", signingKey).update(text).digest("hex");
  return expected === signature
    ? undefined
    : awsError("InvalidSignatureException", "The request signature we calculated does not match the signature you provided.");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function awsError(type: string, message: string): Reply {
  return refuse(400, { __type: `com.amazonaws.ecr#${type}`, message });
}
