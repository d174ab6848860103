/** Layers that are not, or not only, in the registry: their descriptors name URLs where they may be had (OCI image spec, descriptor.md, `urls`; Q68). */
import type { Descriptor } from "../oci/descriptor.ts";
import { CopyError, failureOf } from "../oci/errors.ts";
import type { BlobBody, BlobSource } from "../oci/store.ts";
import { openPartOrWhole, PART_STATUSES } from "./blob-open.ts";
import { rangeHeaders } from "./blob-read.ts";
import { checkResponse } from "./errors.ts";
import type { Transport } from "./request.ts";

/** URLs of one layer that are tried. Real images name one. */
const MAX_URLS = 4;

/** Longest URL that is asked, in characters; what servers take. */
const MAX_URL_LENGTH = 8 * 1024;

/** Of the URLs that a layer names, those that are tried; one that is too long is cut to what still is. */
export function triedUrls(urls: readonly string[]): string[] {
  return urls.slice(0, MAX_URLS).map((url) => url.slice(0, MAX_URL_LENGTH + 1));
}

/**
 * A source that asks the repository first, and the layer's own URLs where that does not have it. They are asked without credentials, and only at
 * addresses that may be spoken to.
 *
 * `transportTo` returns the transport to the host of a URL. Fails with what the last one asked fails with.
 */
export function withForeignLayers(repository: BlobSource, transportTo: (url: URL) => Transport): BlobSource {
  return {
    openBlob: async (blob, offset, end) => {
      try {
        return await repository.openBlob(blob, offset, end);
      } catch (error) {
        if (failureOf(error).code !== "not-found") {
          throw error;
        }
        return await openElsewhere(blob, offset, end, transportTo, error);
      }
    },
  };
}

async function openElsewhere(
  blob: Descriptor,
  offset: number,
  end: number | undefined,
  transportTo: (url: URL) => Transport,
  missing: unknown,
): Promise<BlobBody> {
  let failure = missing;
  for (const text of triedUrls(blob.urls ?? [])) {
    try {
      return await openAt(text, blob, offset, end, transportTo);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function openAt(
  text: string,
  blob: Descriptor,
  offset: number,
  end: number | undefined,
  transportTo: (url: URL) => Transport,
): Promise<BlobBody> {
  if (text.length > MAX_URL_LENGTH || !URL.canParse(text)) {
    throw new CopyError({
      code: "manifest-invalid",
      message: `${blob.digest} names a place that is no URL`,
      retry: "never",
      side: "source",
    });
  }
  const url = new URL(text);
  const transport = transportTo(url);
  const name = { endpoint: transport.endpoint, repository: url.pathname, blob };
  const ask = async (from: number, to: number | undefined, allowed: readonly number[]) => {
    const response = await transport.send({ method: "GET", url, headers: rangeHeaders(blob, from, to), scopes: [] });
    await checkResponse(response, transport.endpoint, `Reading ${blob.digest} where its manifest says that it is`, allowed);
    return response;
  };
  return await openPartOrWhole(name, offset, end, {
    part: () => ask(offset, end, PART_STATUSES),
    whole: () => ask(0, undefined, [200]),
  });
}
