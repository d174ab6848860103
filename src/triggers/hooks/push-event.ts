/** What webhooks say, in one form for all senders. */
import type { Hook } from "../../config/hooks.ts";

/** One push as its sender describes it. Nothing is checked yet, and what the sender does not say is missing. */
export interface PushEvent {
  /** Host, with a port where it needs one. */
  registry?: string | undefined;
  repository: string;
  tag?: string | undefined;
  digest?: string | undefined;
  /** The time of the push as the sender wrote it: equal in every delivery of one push, different for the next push. */
  pushedAt?: string | undefined;
  /** The sender's id of the event: equal in every delivery of it. */
  id?: string | undefined;
  /** Who pushed. */
  actor?: string | undefined;
}

/** Something that makes no job, and why, for people who read the sender's log. */
export interface Ignored {
  reason: string;
  /** What it was about. */
  reference?: string;
}

/** The content of one delivery. */
export interface HookEvents {
  pushes: PushEvent[];
  ignored: Ignored[];
  /** Fields that the sender wants in the answer, besides ours. */
  reply?: Readonly<Record<string, string>>;
}

/** One request of a sender. */
export interface Delivery {
  headers: Headers;
  /** The URL that was called. */
  url: URL;
  /** The part of the path after the hook's name, decoded; `undefined` where there is none. */
  pathSecret: string | undefined;
  body: Uint8Array<ArrayBuffer>;
}

/** What senders need of the outside. */
export interface HookTools {
  fetchUrl(url: string, init: RequestInit): Promise<Response>;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

/** One kind of sender: how it is authenticated, and how its events are read. */
export interface Sender {
  /** Whether the delivery comes from the sender that the hook is for. Rejects where that can't be found out now. */
  verify(delivery: Delivery, hook: Hook, tools: HookTools): Promise<boolean>;
  /** Reads the body's JSON, whatever that is. Pure; never throws. */
  read(json: unknown, headers: Headers, hook: Hook): HookEvents;
}

/** Returns the content of a delivery that holds these pushes. */
export function pushed(...pushes: PushEvent[]): HookEvents {
  return { pushes, ignored: [] };
}

/** Returns the content of a delivery that makes no job, and why. `reference` is what it was about. */
export function ignored(reason: string, reference?: string): HookEvents {
  return { pushes: [], ignored: [reference === undefined ? { reason } : { reason, reference }] };
}

/** Returns the content of a delivery that is nothing that the sender sends. */
export function notFrom(sender: string): HookEvents {
  return ignored(`this is no event that ${sender} sends`);
}

/** Joins the contents of several messages. Of several replies the last is kept. */
export function together(all: readonly HookEvents[]): HookEvents {
  return {
    pushes: all.flatMap(({ pushes }) => pushes),
    ignored: all.flatMap((events) => events.ignored),
    ...all.reduce<{ reply?: Readonly<Record<string, string>> }>((found, { reply }) => (reply === undefined ? found : { reply }), {}),
  };
}

/** Longest text from outside that an answer repeats, in characters. */
const MAX_SHOWN_LENGTH = 80;

/** Returns a text from outside as it may be repeated in an answer: shortened, and without control characters. */
export function shown(text: string): string {
  const clean = text.replace(/\p{C}+/gu, " ").trim();
  return clean.length > MAX_SHOWN_LENGTH ? `${clean.slice(0, MAX_SHOWN_LENGTH)}…` : clean;
}
