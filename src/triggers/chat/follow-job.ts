/** Follows a job for a chat: waits for it, shows progress as often as the platform takes it, and the end. One step at a time, on state that is given. */
import type { JobDocument } from "../../jobs/document.ts";
import { rhythmOf } from "./later-post.ts";
import type { ReplyTarget } from "./message.ts";
import { jobText } from "./words-of-job.ts";

/** Where a follower stands; plain values, to be stored between two steps. */
export interface Following {
  target: ReplyTarget;
  job: string;
  /** When the command came, milliseconds since the epoch. */
  since: number;
  /** Times at which progress was due so far. */
  shown: number;
  /** What was posted last. */
  text?: string;
  /** Failed attempts to show the end. */
  failures: number;
}

export interface FollowDeps {
  now(): number;
  /** The job at its end, or as it stands after `ms`; null where there is none. */
  waitForEnd(job: string, ms: number): Promise<JobDocument | null>;
  /** Posts a text to the target; gives the id of a message that was made by that, where the platform has one. Fails where it was not taken. */
  post(target: ReplyTarget, text: string): Promise<{ message?: number }>;
}

/** Longest that one step waits: each is one wake-up of an object. */
export const MAX_STEP_MS = 60_000;

/** Attempts to show the end. */
const MAX_FAILURES = 5;

/** Between two of them, and what is left of a step that could not post. */
export const RETRY_MS = 5_000;

/** Waits for the job's end or for the time at which progress is due, and shows that. Gives where to go on, or `null` once there is nothing more to show. */
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
