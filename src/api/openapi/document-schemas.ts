/** The schemas of the documents that the API answers with. The OpenAPI document is made of them, and tests check real answers against them. */
import * as z from "zod/mini";
import type { Comparison } from "../../compare/compare.ts";
import type { TransferPlan } from "../../copy/transfer-plan.ts";
import {
  API_ERROR_CODES,
  type ContentPage,
  DESTINATION_STATUSES,
  type ImageDocument,
  type ImagePage,
  JOB_STATUSES,
  type JobDocument,
  type JobPage,
  type JobSummary,
  type ManifestDocument,
  type Problem,
  type Progress,
} from "../../jobs/document.ts";
import { COPY_ERROR_CODES } from "../../oci/errors.ts";
import { COPY_FIELDS } from "../../request/copy-fields.ts";
import type { SyncDocument } from "../sync-document.ts";

const count = z.int().check(z.minimum(0));
const time = z.iso.datetime();
const digest = z.string().check(z.regex(/^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/));

const CODES = [...new Set([...API_ERROR_CODES, ...COPY_ERROR_CODES])] as const;

/** A problem document (RFC 9457), as every error has it. */
export const PROBLEM: z.ZodMiniType<Problem> = z.strictObject({
  type: z.url(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(CODES),
  errors: z.exactOptional(z.array(z.strictObject({ detail: z.string(), pointer: z.string() }))),
  side: z.exactOptional(z.enum(["source", "destination", "staging"])),
  registry: z.exactOptional(z.string()),
  upstream: z.exactOptional(z.strictObject({ status: z.int(), code: z.exactOptional(z.string()), message: z.exactOptional(z.string()) })),
});

/** What a copy would do: the result of a dry run. */
export const TRANSFER_PLAN: z.ZodMiniType<TransferPlan> = z.strictObject({
  manifests: z.strictObject({ put: count, existing: count }),
  tags: count,
  blobs: z.strictObject({ copy: count, mount: count, existing: count }),
  bytes: z.strictObject({ copy: count }),
});

/** One source reference and its destinations. */
export const IMAGE: z.ZodMiniType<ImageDocument> = z.strictObject({
  source: z.string(),
  digest: z.nullable(digest),
  destinations: z.array(
    z.strictObject({
      reference: z.string(),
      digest: z.nullable(digest),
      status: z.enum(DESTINATION_STATUSES),
      error: z.nullable(PROBLEM),
      plan: z.exactOptional(TRANSFER_PLAN),
    }),
  ),
});

/** A manifest that a job copies, with its children, its blobs and the state of each. */
export const MANIFEST: z.ZodMiniType<ManifestDocument> = z.strictObject({
  digest,
  mediaType: z.string(),
  size: count,
  at: z.array(z.strictObject({ repository: z.string(), status: z.enum(["pending", "existing", "done"]) })),
  manifests: z.array(z.strictObject({ digest, platform: z.nullable(z.string()) })),
  blobs: z.array(
    z.strictObject({
      digest,
      mediaType: z.string(),
      size: count,
      at: z.array(
        z.strictObject({
          repository: z.string(),
          status: z.enum(["pending", "copied", "mounted", "existing"]),
          staged: z.boolean(),
          sent: count,
        }),
      ),
    }),
  ),
});

/** The answer to `GET /jobs/{id}/content`. */
export const CONTENT: z.ZodMiniType<ContentPage> = z.strictObject({ manifests: z.array(MANIFEST), cursor: z.nullable(z.string()) });

/** The answer to `GET /jobs/{id}/images`. */
export const IMAGE_LIST: z.ZodMiniType<ImagePage> = z.strictObject({ images: z.array(IMAGE), cursor: z.nullable(z.string()) });

/** The counters of a job. */
export const PROGRESS: z.ZodMiniType<Progress> = z.strictObject({
  images: z.exactOptional(z.strictObject({ total: count, done: count, failed: count })),
  manifests: z.strictObject({ total: count, done: count }),
  blobs: z.strictObject({ total: count, done: count, copied: count, mounted: count, existing: count, staged: count }),
  bytes: z.strictObject({ total: count, done: count, copied: count }),
  referrers: z.exactOptional(z.strictObject({ total: count, done: count })),
});

const JOB_STATUS = z.enum(JOB_STATUSES);

/** The fields that a job and its summary in a list have in common. */
const JOB_FIELDS = {
  id: z.uuid(),
  status: JOB_STATUS,
  source: z.string(),
  digest: z.nullable(digest),
  mediaType: z.nullable(z.string()),
  digestPreserved: z.boolean(),
  progress: PROGRESS,
  plan: z.exactOptional(TRANSFER_PLAN),
  waiting: z.nullable(z.strictObject({ until: time, reason: z.string() })),
  error: z.nullable(PROBLEM),
  labels: z.record(z.string(), z.string()),
  trigger: z.strictObject({ kind: z.enum(["api", "webhook", "chat", "cron"]), name: z.string(), actor: z.nullable(z.string()) }),
  createdAt: time,
  startedAt: z.nullable(time),
  finishedAt: z.nullable(time),
  links: z.strictObject({ self: z.string(), events: z.string(), images: z.string(), cancel: z.string(), retry: z.string() }),
};

const SHOWN_REQUEST = z.strictObject({
  ...COPY_FIELDS.shape,
  destination: z.union([COPY_FIELDS.shape.source, COPY_FIELDS.shape.destination]),
});

/** A job as a whole: the answer to `POST /copy` and `GET /jobs/{id}`. */
export const JOB: z.ZodMiniType<JobDocument> = z.strictObject({ ...JOB_FIELDS, images: z.array(IMAGE), request: SHOWN_REQUEST });

/** A job in a list. */
export const JOB_SUMMARY: z.ZodMiniType<JobSummary> = z.strictObject({ ...JOB_FIELDS, destinations: z.array(z.string()) });

/** The answer to `GET /jobs`. */
export const JOB_LIST: z.ZodMiniType<JobPage> = z.strictObject({ jobs: z.array(JOB_SUMMARY), cursor: z.nullable(z.string()) });

const comparedSide = z.strictObject({
  reference: z.string(),
  digest,
  mediaType: z.string(),
  imageId: z.nullable(digest),
  platforms: z.array(z.string()),
});

/** The answer to `GET /compare`. */
export const COMPARISON: z.ZodMiniType<Comparison> = z.strictObject({
  left: comparedSide,
  right: comparedSide,
  platform: z.nullable(z.string()),
  same: z.strictObject({ digest: z.boolean(), imageId: z.boolean(), layers: z.boolean(), diffIds: z.boolean() }),
  verdict: z.enum([
    "identical",
    "single-platform-of-index",
    "reserialized",
    "recompressed",
    "same-layers-new-config",
    "shared-layers",
    "unrelated",
  ]),
  explanation: z.string(),
  differences: z.array(
    z.strictObject({
      document: z.enum(["root", "index", "manifest", "config"]),
      path: z.string().check(z.describe("JSON pointer to the place, in both documents unless leftPath or rightPath is there.")),
      leftPath: z.exactOptional(
        z
          .null()
          .check(z.describe("Of an entry of an index that is at right only, where left has another one at path: it has no place at left.")),
      ),
      rightPath: z.exactOptional(
        z
          .nullable(z.string())
          .check(
            z.describe(
              "Of an entry of an index: its place at right, where that is not path; null where it is at left only and right has another one at path.",
            ),
          ),
      ),
      left: z.unknown().check(z.describe("What is there; null where nothing is.")),
      right: z
        .unknown()
        .check(z.describe("What is there; null where nothing is. As at left where an entry of an index only stands in another order.")),
    }),
  ),
});

/** An entry of the schedule. */
export const SYNC: z.ZodMiniType<SyncDocument> = z.strictObject({
  name: z.string(),
  schedule: z.string(),
  request: SHOWN_REQUEST,
  nextRunAt: z.nullable(time),
  last: z.nullable(
    z.strictObject({
      dueAt: z.nullable(time),
      startedAt: z.nullable(time),
      job: z.nullable(z.strictObject({ id: z.uuid(), status: z.nullable(JOB_STATUS), links: z.strictObject({ self: z.string() }) })),
      skipped: count,
      refusal: z.nullable(z.string()),
    }),
  ),
  links: z.strictObject({ run: z.string() }),
});

/** The answer to `GET /syncs`. */
export const SYNC_LIST = z.strictObject({ syncs: z.array(SYNC) });

/** The answer to `GET /doctor`. */
export const DOCTOR = z.strictObject({
  status: z.enum(["pass", "fail"]),
  checks: z.array(z.strictObject({ name: z.string(), status: z.enum(["pass", "fail"]), detail: z.string() })),
});

/** The answer to `GET /healthz`. */
export const HEALTH = z.strictObject({
  status: z.enum(["pass", "fail"]),
  output: z.exactOptional(z.string()),
  checks: z.exactOptional(z.record(z.string(), z.strictObject({ status: z.enum(["pass", "fail"]), output: z.exactOptional(z.string()) }))),
});
