/** Follows a job for a chat: posts its progress as often as the platform allows, and its end. Works in steps, between which the caller stores the state. */
import type { JobDocument } from "../../jobs/document.ts";
import { rhythmOf } from "./later-post.ts";
import type { ReplyTarget } from "./message.ts";
import { jobText } from "./words-of-job.ts";

/** The state between two steps: plain values, which can be stored. */
export interface Following {
  target: ReplyTarget;
  /** The job's id. */
  job: string;
  /** When the command came, in milliseconds since the epoch. */
  since: number;
  /** How many times progress has been due so far. */
  shown: number;
  /** What was posted last. */
  text?: string;
  /** Posts that failed in a row. */
  failures: number;
}

/** What a step needs of the outside. */
export interface FollowDeps {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Returns the job once it has ended, or as it is after `ms` milliseconds; null where there is no such job. */
  waitForEnd(job: string, ms: number): Promise<JobDocument | null>;
  /** Posts a text to the target. Returns the id of the new message, where the platform tells one. Rejects where the platform does not take it. */
  post(target: ReplyTarget, text: string): Promise<{ message?: number }>;
}

/** Longest time that one step waits, in milliseconds. */
export const MAX_STEP_MS = 60_000;

/** Posts that may fail in a row before the job is followed no more. */
const MAX_FAILURES = 5;

/** Pause before the next step where a post has failed or nothing was due yet, in milliseconds. */
export const RETRY_MS = 5_000;

/**
 * Takes one step: waits until the job ends or progress is due, at most {@link MAX_STEP_MS}, and posts how the job stands. Returns the state to go on
 * with, which is `following` itself where nothing was due yet, or `null` once there is nothing more to post.
 */
export async function followStep(following: Following, deps: FollowDeps): Promise<Following | null> {
  const { target, job: id, since, shown } = following;
  const rhythm = rhythmOf(target);
  const due = since + Math.min(rhythm.progressAt(shown) ?? rhythm.until, rhythm.until);
  const job = await deps.waitForEnd(id, Math.max(0, Math.min(due - deps.now(), MAX_STEP_MS)));
  const isOver = job === null || job.finishedAt !== null;
  if (deps.now() >= since + rhythm.until || job === null) {
    return null;
  }
  if (!isOver && deps.now() < due) {
    return following;
  }
  const next = { ...following, shown: isOver ? shown : shown + 1 };
  const text = jobText(job);
  if (text === following.text) {
    return isOver ? null : next;
  }
  try {
    const { message } = await deps.post(target, text);
    const placed: ReplyTarget = target.kind === "telegram" && message !== undefined ? { ...target, message } : target;
    return isOver ? null : { ...next, target: placed, text, failures: 0 };
  } catch {
    const failures = following.failures + 1;
    return failures < MAX_FAILURES ? { ...next, failures } : null;
  }
}
