/** Whether a registry can be reached, and takes the credentials that are configured for it. One look at its root. */
import { failureOf } from "../../oci/errors.ts";
import { apiRootUrl } from "../../registry/endpoint.ts";
import type { Transport } from "../../registry/request.ts";

/** What came of the look. */
export interface RegistryCheck {
  status: "pass" | "fail";
  /** One sentence for the operator. */
  detail: string;
}

/** Asks for `/v2/`, logging in where that is wanted (distribution-spec, "Determining Support"). Never rejects. */
export async function checkRegistry(transport: Transport): Promise<RegistryCheck> {
  const { registry } = transport.endpoint;
  try {
    const { response } = await transport.send({
      method: "GET",
      url: apiRootUrl(transport.endpoint),
      scopes: [],
    });
    await response.body?.cancel();
    if (response.status === 200) {
      return { status: "pass", detail: "reached, and logged in where that is wanted" };
    }
    return {
      status: "fail",
      detail:
        response.status === 401
          ? `${registry} wants credentials, and refuses those of REGISTRY_AUTH or has none`
          : `${registry} answers ${response.status}`,
    };
  } catch (error) {
    return { status: "fail", detail: failureOf(error).message };
  }
}
