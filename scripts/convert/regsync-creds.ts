/** Converts the `creds` of a `regsync.yml`: settings of hosts become `REGISTRIES`; of secrets only the place is named. Pure. */
import { type Conversion, textOf, type YamlMap } from "./conversion.ts";

/** transship's own logins that do what a credential helper of Docker does, by the helper's name. */
const HELPERS: Readonly<Record<string, string>> = {
  "docker-credential-ecr-login": "ecr-login",
  "docker-credential-gcr": "gcr",
  "docker-credential-gcloud": "gcr",
  "docker-credential-acr-env": "acr-env",
};

/** Settings that have no counterpart, and why. */
const WITHOUT: Readonly<Record<string, string>> = {
  mirrors: "mirrors are not asked; name the mirror as the source",
  pathPrefix: "write the prefix into the references",
  repoAuth: "a login is for each repository anyway",
  credExpire: "a login is renewed when it ends",
  priority: "there is one way to each host",
  clientCert: "client certificates can't be used from a Worker",
  clientKey: "client certificates can't be used from a Worker",
  regcert: "a certificate must be one that everybody trusts",
};

/** Converts one entry of `creds`; `place` names it in notes. Adds to the conversion; user, password and token are never copied. */
export function convertCredentials(creds: YamlMap, place: string, { registries, notes }: Conversion): void {
  const host = textOf(creds.registry);
  if (host === undefined || host.includes("{{")) {
    notes.push(`${place}: left out, its registry is missing or a template`);
    return;
  }
  if (creds.user !== undefined || creds.pass !== undefined) {
    notes.push(
      `${place}: put the user and password of ${host} into the secret REGISTRY_AUTH: {"auths":{"${host}":{"username":…,"password":…}}}`,
    );
  }
  const helper = textOf(creds.credHelper);
  if (helper !== undefined) {
    const known = HELPERS[helper];
    notes.push(
      known === undefined
        ? `${place}.credHelper: ${helper} can't run in a Worker; put a user and password or token of ${host} into REGISTRY_AUTH`
        : `${place}.credHelper: put {"credHelpers":{"${host}":"${known}"}} into the secret REGISTRY_AUTH`,
    );
  }
  if (creds.tls === "insecure") {
    notes.push(`${place}.tls: a certificate that can't be verified is not accepted; ${host} needs one that everybody trusts`);
  }
  for (const [key, why] of Object.entries(WITHOUT)) {
    if (creds[key] !== undefined) {
      notes.push(`${place}.${key}: ${why}`);
    }
  }
  const settings = settingsOf(creds, place, notes);
  if (Object.keys(settings).length > 0) {
    registries[host] = settings;
  }
}

function settingsOf(creds: YamlMap, place: string, notes: string[]): Record<string, unknown> {
  const plain = creds.tls === "disabled";
  const hostname = textOf(creds.hostname);
  const chunk = Number(creds.blobChunk);
  if (creds.blobMax !== undefined && Number(creds.blobMax) !== 0) {
    notes.push(`${place}.blobMax: whether a blob goes in chunks is decided by what the registry takes`);
  }
  return {
    ...(plain ? { http: true } : {}),
    ...(hostname === undefined ? {} : { endpoint: `${plain ? "http" : "https"}://${hostname}` }),
    ...(Number(creds.reqPerSec) > 0 ? { requestsPerSecond: Number(creds.reqPerSec) } : {}),
    ...(Number(creds.reqConcurrent) > 0 ? { concurrency: Number(creds.reqConcurrent) } : {}),
    ...(chunk > 0 ? { chunkSize: chunk } : {}),
  };
}
