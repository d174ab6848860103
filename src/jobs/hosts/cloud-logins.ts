/** Which cloud login belongs to a registry, by what the operator has configured. */
import type { Config } from "../../config/config.ts";
import { permitsOf } from "../../config/registries.ts";
import { CopyError } from "../../oci/errors.ts";
import { acrLogin } from "../../registry/cloud/acr.ts";
import { type EcrAccess, ecrLogin, ecrRegistry } from "../../registry/cloud/ecr.ts";
import { gcrLogin } from "../../registry/cloud/gcr.ts";
import { CLOUD_HELPERS, type CloudLogin } from "../../registry/cloud/login.ts";
import { failureSite } from "../../registry/errors.ts";
import type { Endpoint } from "../../registry/request.ts";

/**
 * The login that a credential helper stands for at a registry.
 *
 * Fails with `unsupported` where it is none of those that are done here, or not one for this host.
 */
export function cloudLogin(config: Config, helper: string, endpoint: Endpoint): CloudLogin {
  const { registry, base } = endpoint;
  const { google, azure } = config.cloudSecrets;
  const loginEndpoint = config.registries[registry]?.loginEndpoint;
  const permit = permitsOf(config.registries)(registry);
  if (helper === "ecr-login") {
    const access = ecrAccess(config, registry);
    if (access === undefined) {
      throw unsupported(
        endpoint,
        `${registry} is no host of Amazon ECR's, so "ecr-login" can't log in to it; put its credentials into "auths"`,
      );
    }
    return ecrLogin(access);
  }
  if (helper === "gcr" && google !== undefined) {
    return gcrLogin({ key: google, permit, ...(loginEndpoint === undefined ? {} : { tokenEndpoint: loginEndpoint }) });
  }
  if (helper === "acr-env" && azure !== undefined) {
    return acrLogin({ registry, base, client: azure, permit, ...(loginEndpoint === undefined ? {} : { authority: loginEndpoint }) });
  }
  throw unsupported(
    endpoint,
    `The credentials of ${registry} come from the helper "${helper}", a program that can't run here: only ${CLOUD_HELPERS.join(", ")} can. Put a token into "auths"`,
  );
}

/** What it takes to ask ECR's API about a registry: `undefined` where it is not ECR's, or nobody has given keys. */
export function ecrAccess(config: Config, registry: string): EcrAccess | undefined {
  const keys = config.cloudSecrets.aws;
  const ecr = ecrRegistry(registry);
  const loginEndpoint = config.registries[registry]?.loginEndpoint;
  return (
    keys &&
    ecr && {
      registry: ecr,
      keys,
      permit: permitsOf(config.registries)(registry),
      ...(loginEndpoint === undefined ? {} : { api: loginEndpoint }),
    }
  );
}

function unsupported(endpoint: Endpoint, message: string): CopyError {
  return new CopyError({ code: "unsupported", message, retry: "never", ...failureSite(endpoint) });
}
