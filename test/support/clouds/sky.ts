/** Registries of all the clouds with their login services, on sockets of their own, and how the Worker is configured for them. */
import { randomBytes } from "node:crypto";
import type { FakeRegistry } from "../registry/fake-registry.ts";
import { startRegistry } from "../registry/server.ts";
import { awsService } from "./aws.ts";
import { azureServices, refreshTokenUntil } from "./azure.ts";
import { type RunningService, serve } from "./call.ts";
import { serveFront } from "./front.ts";
import { googleService, serviceAccount } from "./google.ts";

export const ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
export const ECR_PUBLIC = "public.ecr.aws";
export const GAR = "europe-docker.pkg.dev";
export const ACR = "acme.azurecr.io";

export interface Sky {
  ecr: FakeRegistry;
  ecrPublic: FakeRegistry;
  gar: FakeRegistry;
  acr: FakeRegistry;
  services: Record<"aws" | "awsPublic" | "google" | "entra" | "acr", RunningService>;
  /** Repositories of ECR's that were created. */
  created: string[];
  /** Variables of the Worker; `REGISTRIES` and `REGISTRY_AUTH` as objects. */
  vars: { REGISTRIES: Record<string, object>; REGISTRY_AUTH: { credHelpers: Record<string, string> }; [name: string]: unknown };
  /** Every secret that the operator gave and the clouds gave. */
  secrets: Record<string, string>;
  close(): Promise<void>;
}

const secret = (name: string): string => `${name}-${randomBytes(12).toString("hex")}`;

export async function startSky(): Promise<Sky> {
  const secrets = {
    awsSecret: secret("aws-secret"),
    awsSession: secret("aws-session"),
    ecrPassword: secret("ecr-password"),
    ecrPublicPassword: secret("ecr-public-password"),
    googleToken: secret("ya29.google"),
    azureSecret: secret("azure~secret"),
    acrRefresh: refreshTokenUntil(Date.now() + 10_800_000),
  };
  const keys = { accessKeyId: "AKIDCANARY", secretAccessKey: secrets.awsSecret, sessionToken: secrets.awsSession };
  const azure = { tenantId: "11111111-2222-3333-4444-555555555555", clientId: "app-1", clientSecret: secrets.azureSecret };
  const account = serviceAccount();
  const created: string[] = [];

  const ecr = await startRegistry({
    auth: { kind: "basic", user: "AWS", password: secrets.ecrPassword },
    quirks: { repositories: "must-exist-drop" },
  });
  const ecrPublic = await startRegistry({
    auth: { kind: "bearer", service: ECR_PUBLIC, user: "AWS", password: secrets.ecrPublicPassword },
  });
  const gar = await startRegistry({ auth: { kind: "bearer", service: GAR, user: "oauth2accesstoken", password: secrets.googleToken } });
  const acr = await startRegistry();
  const azureCloud = azureServices({ ...azure, registry: ACR, refreshToken: secrets.acrRefresh });
  const services = {
    aws: await serve(
      awsService({
        ...keys,
        region: "eu-west-1",
        account: "123456789012",
        password: secrets.ecrPassword,
        create: (name) => {
          if (created.includes(name)) {
            return false;
          }
          created.push(name);
          // A repository of the fake registry is there once something is in it.
          ecr.putBlob(name, Buffer.from("made"));
          return true;
        },
      }),
    ),
    awsPublic: await serve(awsService({ ...keys, service: "ecr-public", region: "us-east-1", password: secrets.ecrPublicPassword })),
    google: await serve(googleService({ account, accessToken: secrets.googleToken })),
    entra: await serve(azureCloud.entra),
    acr: await serveFront({ exchange: azureCloud.exchange, tokenHost: () => acr.tokenHost, registryHost: () => acr.host }),
  };
  const challenge = `Bearer realm="${services.acr.url}/oauth2/token",service="{service}",scope="{scope}"`;
  await acr.reset({ auth: { kind: "bearer", service: ACR, identityToken: secrets.acrRefresh, anonymous: "refused", challenge } });

  const permit = { http: true, private: true };
  return {
    ecr,
    ecrPublic,
    gar,
    acr,
    services,
    created,
    secrets: { ...secrets, googleKey: (account.keyFile.private_key ?? "").slice(60, 120) },
    vars: {
      REGISTRIES: {
        [ECR]: { ...permit, endpoint: ecr.url, loginEndpoint: services.aws.url, createRepository: true },
        [ECR_PUBLIC]: { ...permit, endpoint: ecrPublic.url, loginEndpoint: services.awsPublic.url, realms: [ecrPublic.tokenHost] },
        [GAR]: { ...permit, endpoint: gar.url, loginEndpoint: services.google.url, realms: [gar.tokenHost] },
        [ACR]: { ...permit, endpoint: services.acr.url, loginEndpoint: services.entra.url },
      },
      REGISTRY_AUTH: { credHelpers: { [ECR]: "ecr-login", [ECR_PUBLIC]: "ecr-login", [GAR]: "gcr", [ACR]: "acr-env" } },
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_SESSION_TOKEN: keys.sessionToken,
      GOOGLE_APPLICATION_CREDENTIALS_JSON: account.keyFile,
      AZURE_CLIENT_ID: azure.clientId,
      AZURE_CLIENT_SECRET: azure.clientSecret,
      AZURE_TENANT_ID: azure.tenantId,
    },
    async close() {
      await Promise.all([ecr, ecrPublic, gar, acr, ...Object.values(services)].map((one) => one.close()));
    },
  };
}
