/** Reads the tree of manifests under a root descriptor and lists what a copy has to move: every manifest and blob once. */
import { mapLimited } from "../net/map-limited.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { CopyError, failureOf } from "../oci/errors.ts";
import { isForeign, type ParsedManifest, parseManifest } from "../oci/manifest.ts";
import { isManifest } from "../oci/media-types.ts";
import type { ManifestContent } from "../oci/store.ts";

/** Indexes may hold indexes; nobody builds them deeper than two or three. The cap ends trees made to exhaust a copier. */
export const MAX_INDEX_DEPTH = 8;

/** More manifests than any published image has (the largest indexes have some dozens of platforms), few enough for one job's rows. */
export const MAX_MANIFESTS = 4_096;

/**
 * Bytes of all manifests together. They are in memory until they are stored, in an isolate of 128 MB that other jobs share; a tree of a
 * hundred platforms has half a MB.
 */
export const MAX_TREE_BYTES = 32 * 1024 * 1024;

/** Manifests fetched at once: a Worker invocation may have six connections waiting for headers, and two are left for others. */
const FETCH_WIDTH = 4;

/** What of a tree is not walked. */
export interface WalkOptions {
  /** Children that are passed over, as a sparse index's are that are for no wanted platform. @default none */
  leftOut?: ReadonlySet<Digest>;
  /** Whether layers that may not be distributed and name another place to get them (Q68) are left out, as crane, skopeo and regctl do. @default "skip" */
  foreignLayers?: "skip" | "copy";
}

/** One manifest of a tree, and what has to be at the destination before it. */
export interface WalkedManifest {
  content: ManifestContent;
  /** The manifests that it names, in its order, without those that are left out. */
  children: readonly Digest[];
  /** The manifest that it says it is attached to. */
  subject?: Digest;
  /** What has to be at the destination before this manifest, besides its child manifests. */
  blobs: Descriptor[];
  /** Height in the tree: 0 for a manifest without child manifests, so that writing by rising rank puts children before parents. */
  rank: number;
}

/**
 * Walks the tree breadth first, each level's manifests side by side, and gives every manifest once, by rising rank; the root is last.
 *
 * A child whose media type is no manifest's is tried as a manifest and taken as a blob of the root where there is none (Q124).
 * Fails with what `fetchManifest` fails with, and `manifest-invalid` for a tree past the limits above.
 */
export async function walkTree(
  root: Descriptor,
  fetchManifest: (descriptor: Descriptor) => Promise<ManifestContent>,
  { leftOut, foreignLayers = "skip" }: WalkOptions = {},
): Promise<WalkedManifest[]> {
  const found = new Map<Digest, WalkedManifest>();
  const loose: Descriptor[] = [];
  const size = new TreeSize(root);
  const fetchCounted = async (descriptor: Descriptor) => size.counted(await fetchManifest(descriptor));
  let level: Descriptor[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_INDEX_DEPTH) {
      throw tooLarge(root, `indexes nested deeper than ${MAX_INDEX_DEPTH}`);
    }
    const fetched = await mapLimited(level, FETCH_WIDTH, (descriptor) => fetchNode(descriptor, fetchCounted, descriptor !== root));
    // Also where the one too many was taken for a blob.
    size.check();
    const next = new Map<Digest, Descriptor>();
    for (const { descriptor, content, parsed } of fetched) {
      if (content === undefined || parsed === undefined) {
        loose.push(descriptor);
        continue;
      }
      const children = parsed.manifests.filter(({ digest }) => !leftOut?.has(digest));
      found.set(descriptor.digest, walked(content, parsed, children, foreignLayers));
      for (const child of children) {
        next.set(child.digest, child);
      }
    }
    level = [...next.values()].filter(({ digest }) => !found.has(digest));
    if (found.size + level.length > MAX_MANIFESTS) {
      throw tooLarge(root, `more than ${MAX_MANIFESTS} manifests`);
    }
  }
  found.get(root.digest)?.blobs.push(...loose);
  return ranked(found);
}

/** Bytes of a tree's manifests, up to {@link MAX_TREE_BYTES}. */
class TreeSize {
  readonly #root: Descriptor;
  #bytes = 0;

  constructor(root: Descriptor) {
    this.#root = root;
  }

  counted(content: ManifestContent): ManifestContent {
    this.#bytes += content.bytes.byteLength;
    this.check();
    return content;
  }

  check(): void {
    if (this.#bytes > MAX_TREE_BYTES) {
      throw tooLarge(this.#root, `more than ${MAX_TREE_BYTES} bytes of manifests`);
    }
  }
}

/** A manifest as the walk gives it, of no height yet. */
function walked(
  content: ManifestContent,
  { subject, blobs }: ParsedManifest,
  children: readonly Descriptor[],
  foreignLayers: WalkOptions["foreignLayers"],
): WalkedManifest {
  return {
    content,
    children: children.map(({ digest }) => digest),
    ...(subject && { subject: subject.digest }),
    blobs: blobs.filter((blob) => foreignLayers === "copy" || !isForeign(blob)),
    rank: 0,
  };
}

interface Node {
  descriptor: Descriptor;
  content?: ManifestContent;
  /** Unset for what turned out to be a blob. */
  parsed?: ParsedManifest;
}

async function fetchNode(
  descriptor: Descriptor,
  fetchManifest: (descriptor: Descriptor) => Promise<ManifestContent>,
  mayBeBlob: boolean,
): Promise<Node> {
  const isGuess = mayBeBlob && !isManifest(descriptor.mediaType);
  try {
    const content = await fetchManifest(descriptor);
    return { descriptor, content, parsed: parseAtSource(content) };
  } catch (error) {
    if (isGuess && ["not-found", "manifest-invalid"].includes(failureOf(error).code)) {
      return { descriptor };
    }
    throw error;
  }
}

/** The manifest of the source, parsed; what is wrong with it is the source's failure. */
export function parseAtSource({ bytes, descriptor }: ManifestContent): ParsedManifest {
  try {
    return parseManifest(bytes, descriptor.mediaType);
  } catch (error) {
    throw atSource(error);
  }
}

/** What reads a document does not know where that came from; here it is the source's. */
export function atSource(error: unknown): unknown {
  return error instanceof CopyError ? new CopyError({ side: "source", ...error.failure }, error) : error;
}

/** Gives each manifest its height and sorts by it; content addressing rules out cycles, since every manifest was read by its digest. */
function ranked(found: Map<Digest, WalkedManifest>): WalkedManifest[] {
  const height = (digest: Digest): number => {
    const node = found.get(digest);
    if (node === undefined) {
      return -1;
    }
    if (node.rank === 0 && node.children.length > 0) {
      node.rank = 1 + Math.max(-1, ...node.children.map(height));
    }
    return node.rank;
  };
  for (const digest of found.keys()) {
    height(digest);
  }
  return [...found.values()].sort((a, b) => a.rank - b.rank);
}

function tooLarge(root: Descriptor, what: string): CopyError {
  return new CopyError({ code: "manifest-invalid", message: `${root.digest} is an image with ${what}`, retry: "never", side: "source" });
}
