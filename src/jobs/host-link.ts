/** What a job and its carriers ask of the object that watches over a registry host. */
import type { UploadPlan } from "../registry/profiles.ts";

/** Until when a host asked to be left alone, and in which words. */
export interface Pause {
  /** Milliseconds since the epoch. */
  until: number;
  reason: string;
}

/** An upload plan that a host was found to need. */
export interface LearnedPlan {
  /** What uploads began with when it was learned. */
  profile: UploadPlan;
  plan: UploadPlan;
  /** Milliseconds since the epoch. */
  until: number;
}

export interface HostLink {
  /** The pause that is still to be kept, or null. */
  paused(): Promise<Pause | null>;
  /** Notes that the host asked for a pause; a longer one stands. */
  pause(pause: Pause): Promise<void>;
  /** Takes one of `limit` slots, waiting a while for it; asking again keeps it. Gives whether the holder has one. */
  takeSlot(holder: string, limit: number): Promise<boolean>;
  giveBackSlot(holder: string): Promise<void>;
  /** Milliseconds that the next request has to wait at `perSecond` requests per second. */
  wait(perSecond: number): Promise<number>;
  /** The plan that was learned last and still stands, or null. */
  learnedPlan(): Promise<LearnedPlan | null>;
  learnPlan(learned: LearnedPlan): Promise<void>;
}
