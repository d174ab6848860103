/** Writes a tag in its turn: never an older resolution over a newer one, whatever other jobs do at the same time. */
import { untilAborted } from "../../net/abort.ts";
import { whileRepeating } from "../../net/repeat-until.ts";
import type { Digest } from "../../oci/digest.ts";
import { failureOf } from "../../oci/errors.ts";
import type { SliceContext } from "../images/slice-context.ts";
import type { DestinationLink, TagExtent } from "./destination-link.ts";
import { TAG_HOLD_MS, type TagOutcome, type TagWrite } from "./tag-rows.ts";

/** Between two renewals of a hold: two in a row may get lost. */
const TAG_RENEW_MS = TAG_HOLD_MS / 4;

/** Between two questions while another job writes the tag. */
const ASK_AGAIN_MS = 250;

/** The two things that are done with a tag at its registry. */
export interface TagAccess {
  /** Puts the manifest under the tag. */
  put(): Promise<void>;
  /** What the tag stands for. */
  look(): Promise<Digest | undefined>;
  /** Whether a tag that is there stays as it is: it is looked at once more right before it would be written. */
  keeps: boolean;
  /** How much of what the tag is to stand for is there. @default not known */
  extent?: TagExtent;
}

/**
 * Writes the tag by `put`, unless it is not this job's to write any more. Looks first where an earlier write of this job, cut off by
 * a crash, may have arrived.
 *
 * Gives `copied`, `unchanged` where somebody wrote the same digest meanwhile, `superseded` where a newer resolution is there, `skipped` where
 * the tag has come to stand for something else and stays; and what the tag stands for, where that is known.
 * Fails with what `put` and `look` fail with.
 */
export async function writeTag(
  write: TagWrite,
  link: DestinationLink,
  slice: SliceContext,
  { put, look, keeps, extent }: TagAccess,
): Promise<{ status: "copied" | "unchanged" | "superseded" | "skipped"; digest: Digest | null }> {
  for (;;) {
    const verdict = await untilAborted(slice.cancelled, link.beginTag(write));
    if (verdict === "superseded") {
      return { status: "superseded", digest: null };
    }
    if (verdict === "already") {
      return { status: "unchanged", digest: write.digest };
    }
    if (typeof verdict !== "string") {
      await slice.effects.sleep(Math.max(0, Math.min(ASK_AGAIN_MS, verdict.askAgainAt - slice.effects.now())), slice.cancelled);
      continue;
    }
    let outcome: TagOutcome = "unknown";
    const writeInTurn = async () => {
      const found = verdict === "look" || keeps ? await look() : undefined;
      if (keeps && found !== undefined && found !== write.digest) {
        outcome = "not-written";
        return { status: "skipped" as const, digest: found };
      }
      if (found !== write.digest) {
        await put();
      }
      outcome = "written";
      return { status: found === write.digest && verdict === "go" ? ("unchanged" as const) : ("copied" as const), digest: write.digest };
    };
    try {
      return await whileHoldRenewed(write, link, slice, writeInTurn);
    } catch (error) {
      const { upstream } = failureOf(error);
      if (upstream !== undefined && upstream.status >= 400 && upstream.status < 500) {
        outcome = "not-written";
      }
      throw error;
    } finally {
      await link.endTag(write, outcome, extent);
    }
  }
}

/**
 * Runs `work` while no other job writes the tag; notes and returns what it returns: the digest that the tag stands for then. For tags that are
 * added to and not replaced, so that no order of resolutions matters. Fails with what `work` fails with.
 */
export async function whileTagHeld(
  { tag, holder, digest }: Pick<TagWrite, "tag" | "holder" | "digest">,
  link: DestinationLink,
  slice: SliceContext,
  work: () => Promise<Digest>,
): Promise<Digest> {
  for (;;) {
    const now = slice.effects.now();
    const write = { holder, tag, digest, resolvedAt: now, checkedAt: now };
    const verdict = await untilAborted(slice.cancelled, link.beginTag(write));
    if (verdict !== "go" && verdict !== "look") {
      // Another job is at it, or was a moment ago by another machine's clock.
      await slice.effects.sleep(ASK_AGAIN_MS, slice.cancelled);
      continue;
    }
    let found: Digest | undefined;
    let outcome: TagOutcome = "unknown";
    try {
      found = await whileHoldRenewed(write, link, slice, work);
      outcome = "written";
      return found;
    } catch (error) {
      // What is refused for good was not done; anything else may have been.
      outcome = failureOf(error).retry === "never" ? "not-written" : "unknown";
      throw error;
    } finally {
      await link.endTag({ ...write, digest: found ?? digest }, outcome);
    }
  }
}

/** Runs `work` and keeps the hold on the tag alive beside it, until the last renewal has arrived. */
function whileHoldRenewed<T>(write: TagWrite, link: DestinationLink, { effects }: SliceContext, work: () => Promise<T>): Promise<T> {
  return whileRepeating(TAG_RENEW_MS, effects, () => link.beginTag(write), work);
}
