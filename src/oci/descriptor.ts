import type { Digest } from "./digest.ts";

/** The platform an index child is for (OCI image index, `platform`). */
export interface Platform {
  /** As Go names it (`GOOS`): `linux`, `windows`. */
  os: string;
  /** As Go names it (`GOARCH`): `amd64`, `arm64`. Both are as they were written; `platform.ts` says which spellings mean the same. */
  architecture: string;
  /** Of the processor: `v7` of `arm`. Unset: the usual one. */
  variant?: string;
  /** Of Windows, whose images are for one build of it: `10.0.17763.6054`. */
  "os.version"?: string;
}

/** A reference to content by type, digest and size (OCI descriptor). Only the fields that a copy needs are kept. */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  /** Bytes. */
  size: number;
  /** What an index child is for; unset where the index does not say. */
  platform?: Platform;
  /** Where non-distributable layers may be fetched instead. */
  urls?: readonly string[];
  /** The content itself, base64, where the descriptor carries it. */
  data?: string;
  /** What an artifact is, where its manifest has a type of its own. */
  artifactType?: string;
  annotations?: Readonly<Record<string, string>>;
}
