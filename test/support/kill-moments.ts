/** When a run is killed: moments chosen by a seed, each told by what the registries see, so that they mean the same on any machine. */
import { createHash } from "node:crypto";

/**
 * - `read`: the source has sent so many bytes of blobs, over the whole run.
 * - `sent`: the destination has taken so many bytes of blobs, over the whole run.
 * - `blob`: as `read`, and then the next blob is stored whose answer the service has not got.
 * - `child`: a manifest below the root comes in, or is stored and not answered.
 * - `tag`: the same with the tag.
 */
export type Moment = { kind: "read" | "sent" | "blob"; bytes: number } | { kind: "child" | "tag"; edge: "comes in" | "is stored" };

interface MomentsOptions {
  seed: string;
  /** At least 3. */
  kills: number;
  /** Bytes of the image. */
  bytes: number;
  /** Kills also while blobs go from the stage to the destination, but of manifests only at the tag. @default false */
  staged?: boolean;
}

/**
 * Chooses the moments, in the order in which they come: most while blobs are on their way, a fourth in the manifest phase.
 * The last is that of the tag, of which there can be only one.
 */
export function chooseMoments({ seed, kills, bytes, staged = false }: MomentsOptions): Moment[] {
  const random = seededRandom(seed);
  const late = staged ? 1 : Math.max(2, Math.round(kills / 4));
  const sent = staged ? Math.max(1, Math.floor((kills - late) / 3)) : 0;
  const edge = () => (random() < 0.5 ? "comes in" : "is stored");
  const shares = (count: number) => Array.from({ length: count }, () => 0.02 + 0.95 * random()).sort((a, b) => a - b);
  return [
    ...shares(kills - late - sent).map(
      (share): Moment => ({ kind: !staged && random() < 0.25 ? "blob" : "read", bytes: Math.round(share * bytes) }),
    ),
    ...shares(sent).map((share): Moment => ({ kind: "sent", bytes: Math.round(share * bytes) })),
    ...Array.from({ length: late - 1 }, (): Moment => ({ kind: "child", edge: edge() })),
    { kind: "tag", edge: edge() },
  ];
}

export function momentText(moment: Moment): string {
  switch (moment.kind) {
    case "read":
    case "sent":
    case "blob": {
      const what = { read: "read", sent: "sent", blob: "read and a blob stored" }[moment.kind];
      return `${(moment.bytes / 1e6).toFixed(0)} MB ${what}`;
    }
    case "child":
    case "tag":
      return `a ${moment.kind === "tag" ? "tag" : "child manifest"} ${moment.edge}`;
  }
}

/** Numbers from 0 up to 1, the same for the same seed: a hash of the seed and a count. */
function seededRandom(seed: string): () => number {
  let count = 0;
  return () => {
    count += 1;
    return createHash("sha256").update(`${seed}/${count}`).digest().readUInt32BE() / 2 ** 32;
  };
}
