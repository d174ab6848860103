/** Reads both sides of a compare: manifests and configs, each content once, never a layer. */
import { mapLimited } from "../net/map-limited.ts";
import type { Descriptor, Platform } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { CopyError } from "../oci/errors.ts";
import { attestedBy, type IndexEntry, type IndexOutline } from "../oci/index-outline.ts";
import { isIndex } from "../oci/media-types.ts";
import { formatPlatform } from "../oci/platform.ts";
import { formatReference, type Reference } from "../oci/reference.ts";
import type { ManifestContent } from "../oci/store.ts";
import { type Candidate, candidatesOf, chooseImages, platformsOf, undecidedVariants, type Variants } from "./choose-images.ts";
import { type ComparedImage, type ComparedManifest, comparedImage, comparedManifest, hasImageConfig } from "./read-image.ts";
import { bothSides, ComparisonFailed, type Pair, SIDES, type SideName } from "./sides.ts";

/**
 * Most indexes within an index that are read at one side. Tools make none; registries have a few with one or two. With these a side is
 * asked for at most 14 things: its manifest, the indexes within it, the manifests of some variants, the config of one platform.
 */
const MAX_INNER_INDEXES = 8;

/** Most variants of an architecture whose manifests are read to find an image among them; official images have three of arm. */
const MAX_VARIANTS = 4;

/** How a side's content is read; both functions fail with a `CopyError`. */
export interface SideReader {
  reference: Reference;
  /** Reads a manifest by its tag or digest. */
  readManifest(reference: string): Promise<ManifestContent>;
  /** Reads the whole of a config, checked against its descriptor. */
  readConfig(config: Descriptor): Promise<Uint8Array>;
}

/** What was read of one side. */
export interface ComparedSide {
  /** In full form. */
  reference: Reference;
  /** What the reference stands for: an index, or one manifest. */
  root: ComparedManifest;
  /** Where it is an index: its entries, with those of the indexes within it. */
  outline?: IndexOutline;
  /** Every manifest and index that was read, at either side, by its digest. */
  manifests: ReadonlyMap<Digest, ComparedManifest>;
  /** Every image that it stands for, in order; of an image itself, that one. */
  candidates: readonly Candidate[];
  /** The image that is compared, its platform as the index names it, else its config; unset where an index has none. */
  image?: ComparedImage;
}

/**
 * Reads both sides, one beside the other, and chooses which images are compared.
 *
 * Fails with `ComparisonFailed` where a registry does not give what is needed, and where a side has no image for the wanted platform.
 */
export async function readSides(readers: Pair<SideReader>, wanted: Platform | undefined): Promise<Pair<ComparedSide>> {
  const registries = { left: readers.left.reference.registry, right: readers.right.reference.registry };
  const roots = await bothSides(registries, async (side) => {
    const { reference, readManifest } = readers[side];
    return comparedManifest(await readManifest(reference.digest ?? reference.tag ?? "latest"));
  });
  const reading = new Reading(readers, registries, roots);
  const outlines = await reading.each(
    (side) => roots[side].content.descriptor.digest,
    (side) => reading.outline(side),
  );
  const whole = await reading.images((side) => (roots[side].parsed.kind === "image" ? roots[side] : undefined));
  const candidates = {
    left: candidatesOf(roots.left, outlines.left, whole.left),
    right: candidatesOf(roots.right, outlines.right, whole.right),
  };
  const variants = await reading.variants(wanted === undefined ? undecidedVariants(candidates) : undefined);
  const chosen = chooseImages(candidates, wanted, variants);
  await bothSides(registries, async (side) => refuseMissing(readers[side].reference, roots[side], candidates[side], chosen[side], wanted));
  const isOne = roots.left.content.descriptor.digest === roots.right.content.descriptor.digest;
  const manifests = await unlessLacking(
    isOne,
    reading.manifests((side) => chosen[side]?.descriptor),
  );
  const images = await unlessLacking(
    isOne,
    reading.images((side) => manifests[side]),
  );
  const sideOf = (side: SideName): ComparedSide => {
    const [image, platform, outline] = [images[side], chosen[side]?.platform, outlines[side]];
    return {
      reference: readers[side].reference,
      root: roots[side],
      ...(outline && { outline }),
      manifests: reading.known,
      candidates: candidates[side],
      ...(image && { image: { ...image, ...(platform && { platform }) } }),
    };
  };
  return { left: sideOf("left"), right: sideOf("right") };
}

/** What is read of the sides' images; none where both sides are `one` index that lacks the image, as a sparse copy does: that they are one is known already. */
async function unlessLacking<T>(isOne: boolean, reading: Promise<Pair<T | undefined>>): Promise<Pair<T | undefined>> {
  try {
    return await reading;
  } catch (error) {
    if (isOne && error instanceof ComparisonFailed && error.failures.every(({ failure }) => failure.code === "not-found")) {
      return { left: undefined, right: undefined };
    }
    throw error;
  }
}

/** What `first` gives, or where that is missing there, `second`. Fails with the failure of `first`. */
async function orElse<T>(first: () => Promise<T>, second: () => Promise<T>): Promise<T> {
  try {
    return await first();
  } catch (error) {
    if (!isMissing(error)) {
      throw error;
    }
    return await second().catch(() => Promise.reject(error));
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof CopyError && error.failure.code === "not-found";
}

function refuseMissing(
  reference: Reference,
  { parsed }: ComparedManifest,
  candidates: readonly Candidate[],
  chosen: Candidate | undefined,
  wanted: Platform | undefined,
): void {
  if (wanted === undefined || chosen !== undefined) {
    return;
  }
  const [name, names] = [formatReference(reference), platformsOf(candidates).join(", ")];
  const message =
    parsed.kind === "index"
      ? `${name} has no image for ${formatPlatform(wanted)}; it has ${names || "none that names its platform"}`
      : `${name} is ${names === "" ? "for no platform" : `an image for ${names}`}, not for ${formatPlatform(wanted)}`;
  throw new CopyError({ code: "not-found", message, retry: "never" });
}

/** One compare's reads. What both sides need is read at the left, or at the right where the left lacks it, as a sparse copy may. */
class Reading {
  readonly #readers: Pair<SideReader>;
  readonly #registries: Pair<string>;
  readonly #roots: Pair<ComparedManifest>;
  readonly #manifests = new Map<Digest, ComparedManifest>();
  readonly #configs = new Map<Digest, Uint8Array>();

  constructor(readers: Pair<SideReader>, registries: Pair<string>, roots: Pair<ComparedManifest>) {
    this.#readers = readers;
    this.#registries = registries;
    this.#roots = roots;
    for (const side of SIDES) {
      this.#manifests.set(roots[side].content.descriptor.digest, roots[side]);
    }
  }

  /** What was read so far, of both sides. */
  get known(): ReadonlyMap<Digest, ComparedManifest> {
    return this.#manifests;
  }

  /** Does something for each side; once where the sides have the same `key`. */
  async each<T>(key: (side: SideName) => string | undefined, work: (side: SideName) => Promise<T>): Promise<Pair<T>> {
    const isShared = key("left") !== undefined && key("left") === key("right");
    const { left, right } = await bothSides(this.#registries, async (side) => {
      if (!isShared) {
        return await work(side);
      }
      return side === "right"
        ? undefined
        : await orElse(
            () => work("left"),
            () => work("right"),
          );
    });
    return { left: left as T, right: (isShared ? left : right) as T };
  }

  /** Reads a side's index with the indexes within it; `undefined` where it is none. */
  async outline(side: SideName): Promise<IndexOutline | undefined> {
    const root = this.#roots[side];
    return root.parsed.kind === "index" ? await this.#outline(side, root, { left: MAX_INNER_INDEXES }) : undefined;
  }

  /** Reads the manifest that each side wishes for. */
  manifests(wish: (side: SideName) => Descriptor | undefined): Promise<Pair<ComparedManifest | undefined>> {
    return this.each(
      (side) => wish(side)?.digest,
      async (side) => {
        const descriptor = wish(side);
        return descriptor === undefined ? undefined : await this.#manifest(side, descriptor);
      },
    );
  }

  /** Variants of an image by their manifests' digests, without their configs; those that are not there, as in a sparse index, are left out. */
  async variants(variants: Variants | undefined): Promise<ReadonlyMap<Digest, ComparedImage>> {
    if (variants === undefined) {
      return new Map();
    }
    const { left, right } = await bothSides(this.#registries, async (side) => {
      const read = side === variants.side ? variants.alike.slice(0, MAX_VARIANTS) : [variants.only];
      return await mapLimited(read, MAX_VARIANTS, ({ descriptor }) => this.#variant(side, descriptor));
    });
    return new Map([...left, ...right].flat());
  }

  /** Makes images of manifests, with their configs where these are images'. */
  async images(of: (side: SideName) => ComparedManifest | undefined): Promise<Pair<ComparedImage | undefined>> {
    const configOf = (side: SideName) => {
      const manifest = of(side);
      return manifest !== undefined && hasImageConfig(manifest) ? manifest.parsed.config : undefined;
    };
    const configs = await this.each(
      (side) => configOf(side)?.digest,
      async (side) => {
        const config = configOf(side);
        return config === undefined ? undefined : await this.#config(side, config);
      },
    );
    const imageOf = (side: SideName) => {
      const manifest = of(side);
      return manifest && comparedImage(manifest, configs[side]);
    };
    return { left: imageOf("left"), right: imageOf("right") };
  }

  async #outline(side: SideName, { content, parsed }: ComparedManifest, budget: { left: number }): Promise<IndexOutline> {
    const entries: IndexEntry[] = [];
    for (const descriptor of parsed.manifests) {
      const { platform } = descriptor;
      if (attestedBy(descriptor) !== undefined) {
        entries.push({ descriptor });
      } else if (!isIndex(descriptor.mediaType)) {
        entries.push({ descriptor, ...(platform && { platform }) });
      } else {
        if (budget.left-- === 0) {
          throw this.#tooManyIndexes(side);
        }
        entries.push({ descriptor, index: await this.#outline(side, await this.#manifest(side, descriptor), budget) });
      }
    }
    return { content, entries };
  }

  #tooManyIndexes(side: SideName): CopyError {
    return new CopyError({
      code: "unsupported",
      message: `${formatReference(this.#readers[side].reference)} has more than ${MAX_INNER_INDEXES} indexes in its index; compare one of them by its digest`,
      retry: "never",
    });
  }

  async #manifest(side: SideName, { digest }: Descriptor): Promise<ComparedManifest> {
    const known = this.#manifests.get(digest) ?? comparedManifest(await this.#readers[side].readManifest(digest));
    this.#manifests.set(digest, known);
    return known;
  }

  async #variant(side: SideName, descriptor: Descriptor): Promise<[manifest: Digest, image: ComparedImage][]> {
    try {
      return [[descriptor.digest, comparedImage(await this.#manifest(side, descriptor), undefined)]];
    } catch (error) {
      if (isMissing(error)) {
        return [];
      }
      throw error;
    }
  }

  async #config(side: SideName, config: Descriptor): Promise<Uint8Array> {
    const known = this.#configs.get(config.digest) ?? (await this.#readers[side].readConfig(config));
    this.#configs.set(config.digest, known);
    return known;
  }
}
