/** What the tests of a repository share: its content, and a repository whose registry is a script. */
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { CopyError } from "../../../src/oci/errors.ts";
import { OCI_MANIFEST } from "../../../src/oci/media-types.ts";
import { Repository } from "../../../src/registry/repository.ts";
import { bytesOf, type Exchange, ScriptedTransport, stillEffects } from "./scripted-transport.ts";

export const MANIFEST_TEXT = `{"schemaVersion":2,"mediaType":"${OCI_MANIFEST}","config":{},"layers":[]}`;
const bytes = bytesOf(MANIFEST_TEXT);
export const MANIFEST = { descriptor: { mediaType: OCI_MANIFEST, digest: digestOf(bytes), size: bytes.byteLength }, bytes };
/** Headers of an answer that names it. */
export const NAMED = { "docker-content-digest": MANIFEST.descriptor.digest, "content-type": OCI_MANIFEST };
export const OTHER_DIGEST = digestOf(new Uint8Array(1));

export const BLOB: Descriptor = {
  mediaType: "application/octet-stream",
  digest: digestOf(bytesOf("0123456789")),
  size: 10,
};
export const BLOB_PATH = `/v2/acme/app/blobs/${BLOB.digest}`;
export const UPLOADS = "/v2/acme/app/blobs/uploads/";

export function scripted(as: "source" | "target", script: readonly Exchange[]) {
  const transport = new ScriptedTransport(script, as === "source" ? "source" : "destination");
  const plan = { way: "monolithic", chunkSize: 4 } as const;
  return { transport, repository: new Repository({ transport, repository: "acme/app", as, plan, effects: stillEffects() }) };
}

/** What the transport fails with once its retries are used up. */
export function unavailable(status?: number, waitMs?: number): CopyError {
  const upstream = status === undefined ? {} : { upstream: { status } };
  return new CopyError({
    code: "registry-unavailable",
    message: "…",
    retry: "later",
    ...upstream,
    ...(waitMs !== undefined && { waitMs }),
  });
}
