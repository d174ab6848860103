/** Repositories that have to be made before a push: done when the push shows that one is missing, so that nothing is asked where it is there. */
import { CopyError } from "../../oci/errors.ts";
import { repositoryUrl } from "../endpoint.ts";
import { parseErrorBody } from "../error-body.ts";
import type { RegistryRequest, RegistryResponse, Transport } from "../request.ts";

/** Creates the repository; resolves with whether it is new. */
export type CreateRepository = () => Promise<boolean>;

/**
 * The transport, but that a push to `repository` while that is missing has it created, and is sent again.
 *
 * ECR says so by 404 NAME_UNKNOWN, or by ending the connection at the `POST` of an upload (Q80). Only what can be sent again is looked at: an upload begins
 * with such a request. Where creating fails, the push fails with that failure.
 */
export function creatingRepository(transport: Transport, repository: string, create: CreateRepository): Transport {
  let creating: Promise<boolean> | undefined;
  // Parallel uploads to one missing repository have it created once.
  const createOnce = () => {
    creating ??= create().catch((error: unknown) => {
      creating = undefined;
      throw error;
    });
    return creating;
  };
  const uploads = repositoryUrl(transport.endpoint, repository, "blobs/uploads/");
  const isPush = ({ method, body, url }: RegistryRequest) =>
    (method === "POST" && url.pathname === uploads.pathname) || (method === "PUT" && body instanceof Uint8Array);
  return {
    endpoint: transport.endpoint,
    async send(request: RegistryRequest): Promise<RegistryResponse> {
      if (!isPush(request)) {
        return await transport.send(request);
      }
      try {
        const result = await transport.send(request);
        if (!(await isUnknownName(result.response))) {
          return result;
        }
      } catch (error) {
        if (!isSilence(error) || !(await createOnce())) {
          throw error;
        }
        return await transport.send(request);
      }
      await createOnce();
      return await transport.send(request);
    },
  };
}

/** The transport has read an error's body; it is left to be read again. */
async function isUnknownName(response: Response): Promise<boolean> {
  return response.status === 404 && parseErrorBody(await response.clone().text()).code === "NAME_UNKNOWN";
}

/** Whether a failure says that the connection ended without an answer. */
function isSilence(error: unknown): boolean {
  return error instanceof CopyError && error.failure.code === "registry-unavailable" && error.failure.upstream === undefined;
}
