/** The shape of a copy request's fields (contract §2), for `POST /copy`, for the rules of webhooks and for the entries of schedules alike. */
import * as z from "zod/mini";
import { InvalidPlatform, parsePlatform } from "../oci/platform.ts";

/** Most destinations of one job (contract §2). */
export const MAX_DESTINATIONS = 16;
/** Longest reference, in characters: host and repository (255), tag (128) and digest (135) with room to spare. */
export const MAX_REFERENCE_LENGTH = 1024;
/** Most platforms that one request names: twice what the largest official images have. */
const MAX_PLATFORMS = 64;
/** Most patterns in one list of a tag filter. */
const MAX_TAG_PATTERNS = 64;
/** Longest pattern of a tag filter, in characters; a tag has at most 128. */
export const MAX_TAG_PATTERN_LENGTH = 512;
/** Most tags that `latest` may ask for: ten times what one job copies, so that it never limits anything by itself. */
const MAX_LATEST = 1_000_000;
/** Longest callback URL, in characters: plenty for any receiver, and a sixteenth of what Cloudflare's edge takes. */
const MAX_CALLBACK_URL_LENGTH = 1024;

const reference = z.string().check(z.minLength(1), z.maxLength(MAX_REFERENCE_LENGTH));

const platform = z.string().check(
  z.superRefine((text, context) => {
    try {
      parsePlatform(text);
    } catch (error) {
      if (!(error instanceof InvalidPlatform)) {
        throw error;
      }
      context.addIssue("must be os/architecture[/variant][:os.version], such as linux/amd64, linux/arm/v7 or windows/amd64:10.0.17763");
    }
  }),
);

const tagPatterns = z.array(z.string().check(z.minLength(1), z.maxLength(MAX_TAG_PATTERN_LENGTH))).check(z.maxLength(MAX_TAG_PATTERNS));

const tagFilter = z.strictObject({
  include: z.exactOptional(tagPatterns.check(z.minLength(1))),
  exclude: z.exactOptional(tagPatterns),
  semver: z.exactOptional(z.string().check(z.minLength(1), z.maxLength(MAX_TAG_PATTERN_LENGTH))),
  latest: z.exactOptional(z.int().check(z.minimum(1), z.maximum(MAX_LATEST))),
});

/** As many and as long as the request may be (contract §2). */
const labels = z.record(z.string(), z.string());

const callback = z.strictObject({
  url: z.string().check(z.minLength(1), z.maxLength(MAX_CALLBACK_URL_LENGTH)),
  format: z.exactOptional(z.enum(["standard", "cloudevents"])),
  events: z.exactOptional(z.array(z.enum(["started", "progress", "completed"])).check(z.minLength(1), z.maxLength(3))),
});

/** The options of a copy: every field but its two ends. For schemas that have ends of their own, such as the rules of webhooks. */
export const COPY_OPTIONS = {
  platforms: z.exactOptional(z.array(platform).check(z.minLength(1), z.maxLength(MAX_PLATFORMS))),
  index: z.exactOptional(z.enum(["sparse", "single", "rewrite"])),
  referrers: z.exactOptional(z.boolean()),
  tags: z.exactOptional(z.union([z.literal("all"), tagFilter], { error: 'must be "all" or an object' })),
  overwrite: z.exactOptional(z.enum(["always", "never"])),
  check: z.exactOptional(z.enum(["shallow", "deep"])),
  foreignLayers: z.exactOptional(z.enum(["skip", "copy"])),
  stage: z.exactOptional(z.enum(["auto", "always", "never"])),
  dryRun: z.exactOptional(z.boolean()),
  labels: z.exactOptional(labels),
  callback: z.exactOptional(callback),
};

/** The fields of a copy request, with `destination` always as an array: whoever writes a single one gives a string. */
export const COPY_FIELDS = z.strictObject({
  source: reference,
  destination: z
    .array(reference, {
      error: ({ code, input }) => (code === "invalid_type" && input !== undefined ? "must be a string or an array of strings" : undefined),
    })
    .check(z.minLength(1), z.maxLength(MAX_DESTINATIONS)),
  ...COPY_OPTIONS,
});

/** The fields of a copy request that has the right shape; what they say may still be wrong. */
export type CopyFields = z.infer<typeof COPY_FIELDS>;

/** Which tags of a repository are copied: those that meet all conditions. */
export type TagFilter = z.infer<typeof tagFilter>;
