/** Requests of the transport's tests, and ways to send them over a script. */
import type { RegistryRequest, Scope } from "../../../src/registry/request.ts";
import type { TransportOptions } from "../../../src/registry/transport.ts";
import { knownLogin, PULL, PUSH, type Script, transportOn, USER } from "./scripted-wire.ts";

export const MANIFEST = "https://registry.test/v2/acme/app/manifests/1";

/** What {@link getManifest} is on the wire. */
export const ASK = `GET ${MANIFEST}`;

export const BLOB = "https://registry.test/v2/acme/app/blobs/x";
export const UPLOAD = "https://registry.test/v2/acme/app/blobs/uploads/1?_state=s";

/** The `GET` of a manifest. */
export function getManifest(scopes: Scope[] = PULL): RegistryRequest {
  return { method: "GET", url: new URL(MANIFEST), scopes };
}

/** A request with the rights of a push. @default the `GET` of {@link BLOB} */
export function request(method: RegistryRequest["method"] = "GET", url = BLOB, more: Partial<RegistryRequest> = {}): RegistryRequest {
  return { method, url: new URL(url), scopes: PUSH, ...more };
}

/** A redirect. */
export function to(location: string, status = 307): Response {
  return new Response("moved", { status, headers: { location } });
}

/** Sends one request after the other through one transport; gives the statuses. Everything that the script expects must then have been asked. */
export async function sendAll(scripted: Script, options: Partial<TransportOptions>, ...requests: RegistryRequest[]): Promise<number[]> {
  const transport = transportOn(scripted.effects, options);
  const statuses: number[] = [];
  for (const each of requests) {
    statuses.push((await transport.send(each)).response.status);
  }
  scripted.done();
  return statuses;
}

/** Sends a request as {@link USER}, whose login the transport knows already. */
export function sendAsUser(scripted: Script, asked: RegistryRequest = request(), options: Partial<TransportOptions> = {}) {
  return transportOn(scripted.effects, { credentials: USER, tokens: knownLogin("basic"), ...options }).send(asked);
}
