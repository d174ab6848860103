/** What the tests of uploads share: one blob of ten bytes, and a repository whose registry is a script. */
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import type { CopyError } from "../../../src/oci/errors.ts";
import type { UploadPlan } from "../../../src/registry/profiles.ts";
import { Repository } from "../../../src/registry/repository.ts";
import { bytesOf, type Exchange, type ScriptedAnswer, ScriptedTransport, stillEffects } from "./scripted-transport.ts";

export const TEXT = "0123456789";
export const BLOB: Descriptor = { mediaType: "application/octet-stream", digest: digestOf(bytesOf(TEXT)), size: 10 };
export const UPLOADS = "/v2/acme/app/blobs/uploads/";

/** `GET`, `PATCH`, … of the upload at its `n`th place. */
export const at = (method: string, n: number) => `${method} ${UPLOADS}7?_state=${n}`;
/** The commit at its `n`th place. */
export const commitAt = (n: number) => `${at("PUT", n)}&digest=${BLOB.digest}`;
export const HEAD_BLOB = `HEAD /v2/acme/app/blobs/${BLOB.digest}`;

/** An answer that names the upload's `n`th place, and how much it holds. */
export function placed(status: number, n: number, held?: string): ScriptedAnswer {
  return { status, headers: { location: `${UPLOADS}7?_state=${n}`, ...(held !== undefined && { range: held }) } };
}

/** The request that begins an upload, at place 1. */
export function begin(headers: Record<string, string> = {}): Exchange {
  const { headers: place } = placed(202, 1);
  return { request: `POST ${UPLOADS}`, body: null, answer: { status: 202, headers: { ...place, ...headers } } };
}

export function uploading(plan: UploadPlan, script: readonly Exchange[], size = 10) {
  const transport = new ScriptedTransport(script);
  const plans: UploadPlan[] = [];
  const repository = new Repository({
    transport,
    repository: "acme/app",
    as: "target",
    plan,
    effects: stillEffects(),
    planMemory: { recall: async () => undefined, learn: async (changed) => void plans.push(changed) },
  });
  return { transport, plans, repository, start: () => repository.startUpload({ ...BLOB, size }) };
}

/** A `PUT` whose body the far end reads until it has `count` bytes, then fails or answers. */
export function readingPut(n: number, count: number, answer: ScriptedAnswer | CopyError): Exchange {
  return {
    request: commitAt(n),
    answer: async ({ body }) => {
      const reader = (body as ReadableStream<Uint8Array>).getReader();
      for (let read = 0; read < count; ) {
        read += (await reader.read()).value?.byteLength ?? count;
      }
      return answer;
    },
  };
}
