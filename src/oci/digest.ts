/** Content digests (OCI image spec, descriptor.md, "Digests"): the two registered algorithms, and running hashes of them. */
import { createHash, type Hash } from "node:crypto";

/** The algorithms that the OCI image spec registers. */
export type DigestAlgorithm = "sha256" | "sha512";

/** A digest as registries write it: algorithm, colon, lower-case hexadecimal of the algorithm's full length. Made only by this file. */
export type Digest = `${DigestAlgorithm}:${string}`;

/** Lower case only: the spec allows no other, and two spellings of one digest would be two keys. */
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Returns the text as a digest, or `undefined` where it isn't exactly one of a known algorithm. */
export function parseDigest(text: string): Digest | undefined {
  return DIGEST.test(text) ? (text as Digest) : undefined;
}

/** The algorithm that the digest names. */
export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith("sha256:") ? "sha256" : "sha512";
}

/** The digest without its algorithm. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(":") + 1);
}

/** A hash that grows with the bytes given to it. */
export interface Hasher {
  /** Takes the bytes that follow. */
  update(bytes: Uint8Array): void;
  /** An independent hasher in the same state: both may go on. */
  copy(): Hasher;
  /** Ends the hash and returns the digest of everything given to `update`. May be called once, and `update` and `copy` not after it. */
  digest(): Digest;
}

/** Starts a hash. Native and incremental in workerd and in Node alike. */
export function createHasher(algorithm: DigestAlgorithm): Hasher {
  return hasherOver(algorithm, createHash(algorithm));
}

function hasherOver(algorithm: DigestAlgorithm, hash: Hash): Hasher {
  return {
    update: (bytes) => {
      hash.update(bytes);
    },
    copy: () => hasherOver(algorithm, hash.copy()),
    digest: () => `${algorithm}:${hash.digest("hex")}`,
  };
}

/** Returns the digest of some bytes. @default algorithm "sha256" */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = "sha256"): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}
