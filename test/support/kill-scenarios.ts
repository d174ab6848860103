/** The copies that are to survive being killed. */
import type { KillOptions } from "./kill-harness.ts";

const MIB = 1024 * 1024;

type Scenario = Pick<KillOptions, "image" | "rate" | "staged" | "vars">;

/** What {@link LARGE_LAYERS} may read, as a multiple of the image: the first kill may cost nearly all of it, the others a part or two. */
export const MOST_READ_OF_LARGE = 2;

/**
 * Some 300 MB in 150 small layers. A direct transfer has no checkpoint: what a kill costs is the layers that were under way, eight
 * the first time, fewer after that.
 */
export const MANY_LAYERS: Scenario = {
  image: { seed: "many layers", layers: Array.from({ length: 77 }, () => 2 * MIB), shared: 4 },
  rate: 16 * MIB,
};

/**
 * 300 MB in six layers, all under way at once: the first kill costs what was read of them. After it they go by way of the stage, in parts.
 */
export const LARGE_LAYERS: Scenario = {
  image: { seed: "large layers", layers: Array.from({ length: 4 }, () => 48 * MIB), shared: 2 },
  rate: 16 * MIB,
};

/** One layer of some 250 MB, by way of the stage, whose parts of 16 MiB are the checkpoints: a kill costs up to two of them. */
export const ONE_LARGE_LAYER: Scenario = {
  image: { seed: "one large layer", index: "none", platforms: ["linux/amd64"], layers: [240 * MIB] },
  rate: 100 * MIB,
  staged: true,
  vars: { SLICE_SECONDS: 2 },
};
