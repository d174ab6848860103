/** Answers why two digests differ: reads both sides and puts the answer of contract §4 together. */
import type { Platform } from "../oci/descriptor.ts";
import { formatReference } from "../oci/reference.ts";
import { platformsOf } from "./choose-images.ts";
import { differencesOf } from "./differences.ts";
import { explain } from "./explain.ts";
import type { Difference } from "./field-differences.ts";
import { imageIdOf, nameOf } from "./read-image.ts";
import { type ComparedSide, readSides, type SideReader } from "./read-sides.ts";
import type { Pair } from "./sides.ts";
import { judge, type Verdict } from "./verdict.ts";

/** One side in the answer. */
export interface SideDocument {
  /** In full form: with the host, and `latest` where neither tag nor digest was given. */
  reference: string;
  /** Of what the reference stands for: an index, where it stands for one. */
  digest: string;
  mediaType: string;
  /** Digest of the config of the compared platform; `null` where there is none. */
  imageId: string | null;
  /** Platforms of the images that the reference stands for, as texts, each once; empty for an artifact. */
  platforms: string[];
}

/** The answer of `GET /compare` (contract §4). */
export interface Comparison {
  left: SideDocument;
  right: SideDocument;
  /** The compared platform, at the left; `null` where the images name none. */
  platform: string | null;
  /**
   * What is the same on both sides: `digest` of what the references stand for, the others of the compared platform's images; false where a side has no
   * such image. All but `digest`, which two algorithms may tell apart, are true of the same bytes.
   */
  same: { digest: boolean; imageId: boolean; layers: boolean; diffIds: boolean };
  /** How the two are related, in a word. */
  verdict: Verdict;
  /** Plain sentences for a person: what was found, what happened, how to keep the digest. */
  explanation: string;
  /** Place by place, as far as they are listed; what is identical has none. */
  differences: Difference[];
}

/**
 * Compares what two references stand for. `wanted` is the platform whose images are compared; where it is not given, one that both sides have is chosen.
 * Fails as {@link readSides} does.
 */
export async function compare(readers: Pair<SideReader>, wanted: Platform | undefined): Promise<Comparison> {
  const sides = await readSides(readers, wanted);
  const judgement = judge(sides);
  const differences = differencesOf(sides, judgement);
  const { images, verdict } = judgement;
  // Bytes that are the same name the same things, also where there is no image among them whose parts could be compared.
  const isIdentical = verdict === "identical";
  const [left, right] = [sideDocument(sides.left), sideDocument(sides.right)];
  return {
    left,
    right,
    platform: nameOf(sides.left.image) ?? nameOf(sides.right.image) ?? null,
    same: {
      digest: left.digest === right.digest,
      imageId: isIdentical || (images?.sameImageId ?? false),
      layers: isIdentical || (images?.sameLayers ?? false),
      diffIds: isIdentical || (images?.sameDiffIds ?? false),
    },
    verdict,
    explanation: explain(sides, judgement, differences),
    differences,
  };
}

function sideDocument({ reference, root, candidates, image }: ComparedSide): SideDocument {
  const { digest, mediaType } = root.content.descriptor;
  return { reference: formatReference(reference), digest, mediaType, imageId: imageIdOf(image), platforms: platformsOf(candidates) };
}
