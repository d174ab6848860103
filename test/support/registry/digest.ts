/** Digests, written once more here so that the tests do not check the program with the program's own code. */
import { createHash } from "node:crypto";

/** Digest of some bytes, `sha256:<hex>`. */
export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Whether a text is a digest of a known algorithm, in lower case and of the right length (OCI image spec, descriptor). */
export function isDigest(text: string): boolean {
  return /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(text);
}
