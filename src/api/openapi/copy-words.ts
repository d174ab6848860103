/** What the OpenAPI document says of each field of a copy request, for the body and for the URL alike. */
import type { CopyFields, TagFilter } from "../../request/copy-fields.ts";

/** A field, or a member of one that is an object, in the spelling that it has in forms and URLs. */
export type CopyField = keyof CopyFields | `tags.${keyof TagFilter}` | `callback.${keyof NonNullable<CopyFields["callback"]>}`;

/** What each field is for: the table of contract §2. */
export const COPY_WORDS: Readonly<Record<CopyField, string>> = {
  source: "What to copy: a reference as Docker and skopeo read it.",
  destination:
    "Where to: one reference, or up to 16, at any registries. Without a tag it takes the source's. Where that is the source itself, it ends as unchanged.",
  platforms: "Copy only these children of an index: os/arch or os/arch/variant. All, where it is left out.",
  index:
    "With platforms. sparse: the index goes byte for byte, only the named children with it. single: exactly one platform, its manifest is tagged itself. rewrite: a new, smaller index with a new digest.",
  referrers: "Signatures, SBOMs and attestations of every copied manifest too.",
  tags: "Copy many tags of the source repository: all, or those that meet all conditions of the filter. Neither side then names a tag or digest.",
  "tags.include": "Tags that match one of these patterns as a whole: a glob, or between slashes a regular expression in RE2's syntax.",
  "tags.exclude": "Tags that match none of these patterns.",
  "tags.semver": "Tags that name a version in this range, in node's syntax: >=1.2 <2.",
  "tags.latest": "The so many newest versions of those that meet the other conditions.",
  overwrite: "never: a destination tag that exists with another digest is left alone.",
  check: "deep: walk the whole tree at the destination even where the top manifest is there, and add what is missing.",
  foreignLayers:
    "copy: layers that may not be distributed and name another place to get them go along too; skip, the default, leaves them out.",
  stage: "Whether blobs pass through R2.",
  dryRun: "Resolve and plan, write nothing, report what would be transferred.",
  labels: "Kept with the job, given back.",
  callback: "Told of the job, signed as Standard Webhooks where a secret is set.",
  "callback.url": "Where the job is posted to: an https URL at a public host, or one that REGISTRIES allows.",
  "callback.format": "cloudevents: with the headers of a CloudEvent in binary mode.",
  "callback.events": "When it is told. Default: completed.",
};
