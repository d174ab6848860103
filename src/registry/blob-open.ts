/** Opening a blob in the middle at a server that may not know how: the part is asked for first, then the whole. */
import type { BlobBody } from "../oci/store.ts";
import { type BlobName, blobRequest, processBlob, processWholeBlob } from "./blob-read.ts";
import { checkResponse } from "./errors.ts";
import type { RegistryRequest, RegistryResponse, Scope } from "./request.ts";

/** Statuses of the answer to a request for a part that tell what to do next: the part, the whole, or no such part here (Q61, Q63). */
export const PART_STATUSES: readonly number[] = [200, 206, 400, 416];

/** How stores refuse a signed link that has run out: most with 403, S3 and Google with 400 where the key has that signed it (`ExpiredToken`), others with 401. */
const LINK_REFUSALS: readonly number[] = [400, 401, 403];

/** The two requests that may open a blob. Each resolves with an answer of a status that it may have, and fails with any other. */
export interface BlobRequests {
  /** Asks for the part: {@link PART_STATUSES}. */
  part: () => Promise<RegistryResponse>;
  /** Asks for the whole blob: 200. */
  whole: () => Promise<RegistryResponse>;
}

/**
 * Opens a blob from `offset` to `end`, or whole from its beginning where the server does not give the part: `BlobBody.offset` says which.
 * Fails as the requests do, and with `size-mismatch` as `processBlob` does. @default end the blob's end
 */
export async function openPartOrWhole(name: BlobName, offset: number, end: number | undefined, ask: BlobRequests): Promise<BlobBody> {
  return processBlob(await ask.part(), offset, name, end) ?? processWholeBlob(await ask.whole(), name);
}

/** What is wanted of a blob of a repository. */
export interface Wanted {
  offset: number;
  /** @default the blob's end */
  end?: number | undefined;
  /** Has the answer's body read before it is opened, up to this many bytes. @default the caller reads it */
  bufferBytes?: number;
}

/**
 * Opens a blob of a repository by `send`, as {@link openPartOrWhole} does. Fails with the refusal that the answer is, with what `send` fails with,
 * and with `size-mismatch`.
 */
export async function openInRepository(
  name: BlobName,
  { offset, end, bufferBytes }: Wanted,
  scopes: readonly Scope[],
  send: (request: RegistryRequest) => Promise<RegistryResponse>,
): Promise<BlobBody> {
  const what = `Reading ${name.blob.digest} of ${name.repository}`;
  const ask = async (plain: RegistryRequest, allowed: readonly number[]) => {
    const request = bufferBytes === undefined ? plain : { ...plain, bufferBytes };
    const result = await sendForBlob(request, allowed, () => send(request));
    await checkResponse(result, name.endpoint, what, allowed);
    return result;
  };
  const isPart = offset > 0 || end !== undefined;
  return await openPartOrWhole(name, offset, end, {
    part: () => ask(blobRequest(name, offset, scopes, end), isPart ? PART_STATUSES : [200, 206]),
    whole: () => ask(blobRequest(name, 0, scopes), [200]),
  });
}

/**
 * Sends a request for a blob, and once more where another host that the registry has led to refuses its link: registries give out the same link to several,
 * and it may have run out (Q58). The answer is of any status; one of `allowed` is no refusal.
 */
export async function sendForBlob(
  { url }: RegistryRequest,
  allowed: readonly number[],
  send: () => Promise<RegistryResponse>,
): Promise<RegistryResponse> {
  const answer = await send();
  const { status } = answer.response;
  const isRefusedLink = answer.url.host !== url.host && LINK_REFUSALS.includes(status) && !allowed.includes(status);
  return isRefusedLink ? await send() : answer;
}
