/** What a job and its carriers ask of the object that watches over a registry host. */
import type { UploadPlan } from "../../registry/profiles.ts";
import type { IssuedToken } from "../../registry/token.ts";

/** Until when a host asked to be left alone, and in which words. */
export interface Pause {
  /** Milliseconds since the epoch. */
  until: number;
  /** For whoever reads why a job waits. */
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

/** Whether a host has the referrers API, as one of its answers told. */
export interface LearnedReferrers {
  supported: boolean;
  /** Milliseconds since the epoch. */
  until: number;
}

/** The pauses that are still to be kept. */
export interface Pauses {
  /** Of every request. */
  all: Pause | null;
  /** Of what counts against the host's quota: reads of manifests. */
  quota: Pause | null;
}

/** The object that watches over one registry host, as jobs and carriers call it. */
export interface HostLink {
  /** The pauses that are to be kept now; null where there is none. */
  paused(): Promise<Pauses>;
  /** Notes that the host asked for a pause; a longer one stands. */
  pause(pause: Pause): Promise<void>;
  /** Notes that the host's quota is nearly used up. A pause that is being kept for that already stands, and is not drawn out. */
  spare(pause: Pause): Promise<void>;
  /**
   * A token that another process has got, good for `marginMs` at least and not the one that was `refused`. Waits while somebody is getting
   * one; null says that the caller is to get it and then to give it, or null, to the others. Tokens are kept in memory only.
   */
  takeToken(key: string, marginMs: number, refused: string | null): Promise<IssuedToken | null>;
  /** Hands a token to those that wait for it. Null: none was to be had, and the next one that asks is to get one. */
  giveToken(key: string, issued: IssuedToken | null): Promise<void>;
  /** Takes one of `limit` slots, waiting a while for it; asking again keeps it. Gives whether the holder has one. */
  takeSlot(holder: string, limit: number): Promise<boolean>;
  /** Frees the holder's slot for others. Nothing changes where it has none. */
  giveBackSlot(holder: string): Promise<void>;
  /** Milliseconds that the next request has to wait at `perSecond` requests per second. */
  wait(perSecond: number): Promise<number>;
  /** The plan that was learned last and still stands, or null. */
  learnedPlan(): Promise<LearnedPlan | null>;
  /** Keeps a plan, in place of the one before. */
  learnPlan(learned: LearnedPlan): Promise<void>;
  /** What was learned last of the referrers API and still stands, or null. */
  learnedReferrers(): Promise<LearnedReferrers | null>;
  /** Keeps what an answer told of the referrers API, in place of what was known before. */
  learnReferrers(learned: LearnedReferrers): Promise<void>;
}
