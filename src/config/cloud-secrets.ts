/** The secrets of cloud logins (contract §7), under the names that the clouds' own tools use for them. */
import * as z from "zod/mini";
import type { AzureClient } from "../registry/cloud/acr.ts";
import { type AwsKeys, ecrRegistry } from "../registry/cloud/ecr.ts";
import { GOOGLE_TOKEN_URI, type GoogleKey } from "../registry/cloud/gcr.ts";
import { CLOUD_HELPERS, type CloudHelper } from "../registry/cloud/login.ts";
import { type DockerConfig, helpersOf } from "../registry/credentials.ts";
import type { RegistriesConfig } from "../registry/settings.ts";
import { ConfigError } from "./config-error.ts";
import { structuredAs, type Variables } from "./variables.ts";

/** The secrets of each cloud; `undefined` where they are not set. */
export interface CloudSecrets {
  aws: AwsKeys | undefined;
  google: GoogleKey | undefined;
  azure: AzureClient | undefined;
}

const AWS = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] as const;
const AZURE = ["AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID"] as const;
const GOOGLE = "GOOGLE_APPLICATION_CREDENTIALS_JSON";

const NEEDED: Readonly<Record<CloudHelper, readonly string[]>> = { "ecr-login": AWS, gcr: [GOOGLE], "acr-env": AZURE };

const PEM = /^\s*-----BEGIN PRIVATE KEY-----[\sA-Za-z0-9+/=]+-----END PRIVATE KEY-----\s*$/;

const googleKey = z.object({
  type: z.literal("service_account", 'must be "service_account": other kinds of credentials need a program on this machine'),
  client_email: z.string().check(z.minLength(3)),
  private_key: z.string().check(z.regex(PEM, "must be a private key in PEM, as the key file has it")),
  private_key_id: z.exactOptional(z.string()),
  token_uri: z.exactOptional(z.string().check(z.regex(/^https:\/\/[\w.-]+(?::\d+)?\/[\w./-]*$/, "must be an https URL"))),
});

/**
 * Reads the secrets of cloud logins. Throws a {@link ConfigError} for the first that is missing although the others of its cloud are set, or although a
 * helper in `REGISTRY_AUTH` needs it.
 */
export function readCloudSecrets(variables: Variables, dockerConfig: DockerConfig): CloudSecrets {
  const aws = allOf(variables, AWS);
  const azure = allOf(variables, AZURE);
  const sessionToken = textOf(variables, "AWS_SESSION_TOKEN");
  const secrets: CloudSecrets = {
    aws: aws && {
      accessKeyId: aws.AWS_ACCESS_KEY_ID,
      secretAccessKey: aws.AWS_SECRET_ACCESS_KEY,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
    google: readGoogleKey(variables),
    azure: azure && { clientId: azure.AZURE_CLIENT_ID, clientSecret: azure.AZURE_CLIENT_SECRET, tenantId: azure.AZURE_TENANT_ID },
  };
  const there: Readonly<Record<CloudHelper, unknown>> = { "ecr-login": secrets.aws, gcr: secrets.google, "acr-env": secrets.azure };
  const named = helpersOf(dockerConfig);
  for (const helper of CLOUD_HELPERS) {
    if (named.has(helper) && there[helper] === undefined) {
      throw new ConfigError(NEEDED[helper][0] ?? "", "#", `is not set, and the helper "${helper}" in REGISTRY_AUTH needs it`);
    }
  }
  return secrets;
}

/** Throws a {@link ConfigError} where `createRepository` is set for a registry of ECR and there are no keys to create one with. */
export function assertCreatable(registries: RegistriesConfig, { aws }: CloudSecrets): void {
  for (const [host, { createRepository = false }] of Object.entries(registries)) {
    if (createRepository && aws === undefined && ecrRegistry(host) !== undefined) {
      throw new ConfigError(AWS[0], "#", `is not set, and "createRepository" for ${host} in REGISTRIES needs it`);
    }
  }
}

/** Secrets that only work together, by name; `undefined` where none is set, a fault where only some are. */
function allOf<N extends string>(variables: Variables, names: readonly N[]): Record<N, string> | undefined {
  const values = names.map((name) => [name, textOf(variables, name)] as const);
  const [missing] = values.find(([, value]) => value === undefined) ?? [];
  const [present] = values.find(([, value]) => value !== undefined) ?? [];
  if (present === undefined) {
    return undefined;
  }
  if (missing !== undefined) {
    throw new ConfigError(missing, "#", `is not set, and ${present} is of no use without it`);
  }
  return Object.fromEntries(values) as Record<N, string>;
}

/**
 * A secret's text, which has to be printable ASCII since it ends up in a header. White space around it, such as the line end that `echo` adds, is dropped.
 */
function textOf(variables: Variables, name: string): string | undefined {
  const value = variables[name] ?? "";
  const text = typeof value === "string" ? value.trim() : undefined;
  if (text === undefined || !/^[\x21-\x7e]*$/.test(text)) {
    throw new ConfigError(name, "#", "must be text without blanks and control characters");
  }
  return text === "" ? undefined : text;
}

function readGoogleKey(variables: Variables): GoogleKey | undefined {
  const key = structuredAs(variables, GOOGLE, googleKey);
  return (
    key && {
      clientEmail: key.client_email,
      privateKey: key.private_key,
      tokenUri: key.token_uri ?? GOOGLE_TOKEN_URI,
      ...(key.private_key_id === undefined ? {} : { privateKeyId: key.private_key_id }),
    }
  );
}
