/** The fake registry in the part of each registry that transship has a profile for: what that one does otherwise, by the numbers of the list. */
import type { ProfileName } from "../../src/registry/profiles.ts";
import type { AuthOptions } from "../support/registry/auth.ts";
import type { Quirks } from "../support/registry/quirks.ts";
import { PASSWORD, USER } from "../support/worker-variables.ts";

const MIB = 1024 * 1024;

interface Player {
  auth: AuthOptions;
  quirks: Partial<Quirks>;
  /** Bytes of the image's large layer, where its size matters. @default 5 MiB and a bit */
  layer?: number;
  /** Chunks in which the profile sends that layer, where not in one piece. */
  chunks?: number;
}

const bearer = (options: Partial<Extract<AuthOptions, { kind: "bearer" }>> = {}): AuthOptions => ({
  kind: "bearer",
  user: USER,
  password: PASSWORD,
  ...options,
});
const basic: AuthOptions = { kind: "basic", user: USER, password: PASSWORD };

/** Parts of 5 MB at least and 10 MB at most, a Range that stays, 201 for a chunk, no empty layers (Q69, Q83, Q87, Q91). */
const ECR: Partial<Quirks> = {
  chunkMinLength: 5_000_000,
  chunkMaxLength: 10_000_000,
  chunkLimitsAnnounced: false,
  patchStatus: 201,
  rangeStuck: true,
  emptyBlob: false,
  existingTag: "ecr",
};

export const PLAYERS: Readonly<Record<ProfileName, Player>> = {
  // Storage elsewhere (Q54), errors in words of its own (Q138).
  "docker-hub": { auth: bearer(), quirks: { blobRedirect: { status: 307 }, errorStyle: "hub" } },
  // Relative Locations, 4 MiB at most in a PATCH, no referrers but HTML (Q72, Q92, Q131).
  ghcr: {
    auth: bearer(),
    quirks: { uploadLocation: "relative", chunkMaxLength: 4 * MIB, chunkLimitsAnnounced: false, referrers: "html" },
  },
  ecr: { auth: basic, quirks: ECR },
  "ecr-public": { auth: bearer(), quirks: ECR },
  // A challenge only at the root, Locations on another path, no PATCH (Q5, Q72, Q94).
  gar: { auth: bearer({ challengeOnlyAtPing: true }), quirks: { uploadLocation: "other-path", patch: false } },
  // access_token alone, a limit on one PUT, no body without a length (Q14, Q93).
  acr: {
    auth: bearer({ field: "access_token" }),
    quirks: { monolithic: 20_000_000, lengthRequired: 400, existingTag: "acr" },
    layer: 21 * MIB,
    chunks: 2,
  },
  // Absolute links, a 400 for referrers, a 409 for tags that stay (Q131, Q142, Q128).
  quay: { auth: bearer(), quirks: { linkForm: "absolute", referrers: 400, existingTag: "quay" } },
  // Gzipped manifests, a 401 for referrers, a 412 for tags that stay (Q67, Q131, Q128).
  harbor: { auth: bearer(), quirks: { manifestGzip: true, referrers: 401, existingTag: "harbor" } },
  // Of two scopes for one repository the last counts (Q28).
  gitlab: { auth: bearer({ scopes: "last-per-repository" }), quirks: {} },
  // A 406 for referrers (Q131).
  artifactory: { auth: bearer(), quirks: { referrers: 406 } },
  // HEAD of a manifest denied, a PUT with a body unknown (Q59, Q95).
  "artifactory-6": { auth: basic, quirks: { manifestHead: 403, monolithic: 404, referrers: 404 }, chunks: 1 },
  // 0--1 for nothing, every chunk with its range (Q86, Q96).
  gitea: { auth: bearer(), quirks: { emptyRange: "0--1", contentRange: "required" } },
  zot: { auth: basic, quirks: {} },
  distribution: {
    auth: basic,
    quirks: { staleLocation: "fatal", contentRange: "ignored", uploadContentType: "fatal-on-patch", referrers: 404, tagPage: 0 },
  },
  // Equal parts, no ranges, an address as its realm, links without brackets (Q11, Q61, Q86, Q89, Q90, Q142).
  "serverless-registry": {
    auth: { ...basic, challenge: 'Basic realm="{realm}"' },
    quirks: {
      uploadLocation: "relative",
      chunksEqual: true,
      chunkMinLength: 5 * MIB,
      chunkMaxLength: 100_000_000,
      maxBody: 100_000_000,
      blobRange: "ignored",
      referrers: 404,
      linkForm: "no-port",
    },
    layer: 65 * MIB,
    chunks: 2,
  },
  // Q97
  cloudflare: { auth: basic, quirks: { maxBody: 65 * MIB - 1 }, layer: 65 * MIB, chunks: 2 },
  nginx: { auth: basic, quirks: { maxBody: MIB }, chunks: 6 },
};

/** The large layer of a player's image. */
export function layerOf({ layer = 5 * MIB + 77 }: Player): number {
  return layer;
}
