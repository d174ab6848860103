import type { Digest } from "./digest.ts";

/** The platform an index child is for (OCI image index, `platform`). */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
  "os.version"?: string;
}

/** A reference to content by type, digest and size (OCI descriptor). Only the fields that a copy needs are kept. */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  /** Bytes. */
  size: number;
  platform?: Platform;
  /** Where non-distributable layers may be fetched instead. */
  urls?: readonly string[];
  /** The content itself, base64, where the descriptor carries it. */
  data?: string;
  artifactType?: string;
  annotations?: Readonly<Record<string, string>>;
}
