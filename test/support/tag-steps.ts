/** What happens to the tags of a repository, step by step, on the rows of a real object. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { type TagOutcome, TagRows, type TagVerdict, type TagWrite } from "../../src/jobs/destinations/tag-rows.ts";
import type { Digest } from "../../src/oci/digest.ts";

/** Digests of two images. */
export const A: Digest = `sha256:${"a".repeat(64)}`;
export const B: Digest = `sha256:${"b".repeat(64)}`;

/** A write of the job `holder`; the times are milliseconds from the test's beginning. */
export function write(holder: string, digest: Digest, resolvedAt: number, checkedAt = resolvedAt, tag = "latest"): TagWrite {
  return { holder, tag, digest, resolvedAt: BEGIN + resolvedAt, checkedAt: BEGIN + checkedAt };
}

export const BEGIN = 1_800_000_000_000;

/** One thing that happens to the rows, and when; `gives` is what a `begin` answers. */
export type Step = { at: number } & ({ begin: TagWrite; gives: TagVerdict } | { end: TagWrite; outcome: TagOutcome } | { note: TagWrite });

let objects = 0;

/** The object of a repository that no other test has. */
export const freshTags = () => env.DESTINATIONS.getByName(`test/tag-steps-${++objects}`);

/** Plays the steps, and looks that each verdict is the one that is given. */
export function play(sql: SqlStorage, steps: readonly Step[]): void {
  const rows = new TagRows(sql);
  for (const step of steps) {
    const now = BEGIN + step.at;
    if ("begin" in step) {
      expect(rows.begin(step.begin, now), `at ${step.at}`).toEqual(step.gives);
    } else if ("end" in step) {
      rows.end(step.end, step.outcome, now);
    } else {
      rows.note(step.note, now);
    }
  }
}
