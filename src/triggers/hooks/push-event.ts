/** What a registry tells in a webhook, in one form for all senders. */
import type { Hook } from "../../config/hooks.ts";

/** One push, as the sender tells it: nothing is checked yet, and what it does not tell is not there. */
export interface PushEvent {
  /** Host, with a port where it needs one. */
  registry?: string | undefined;
  repository: string;
  tag?: string | undefined;
  digest?: string | undefined;
  /** When it was pushed, in the sender's own words: the same in every delivery of one push, and another one in the next. */
  pushedAt?: string | undefined;
  /** The sender's own name for the event: the same in every delivery of it. */
  id?: string | undefined;
  /** Who pushed. */
  actor?: string | undefined;
}

/** Something that makes no job, and why: a text for whoever reads the sender's log. */
export interface Ignored {
  reason: string;
  /** What it was about. */
  reference?: string;
}

/** What one delivery says. */
export interface HookEvents {
  pushes: PushEvent[];
  ignored: Ignored[];
  /** What the sender wants to read in the answer, beside what we say. */
  reply?: Readonly<Record<string, string>>;
}

/** One request of a sender. */
export interface Delivery {
  headers: Headers;
  /** The URL that was called. */
  url: URL;
  /** What stands in the path behind the hook's name. */
  pathSecret: string | undefined;
  body: Uint8Array<ArrayBuffer>;
}

/** What the senders' files need of the outside. */
export interface HookTools {
  fetch(url: string, init: RequestInit): Promise<Response>;
  nowMs: number;
}

/** How one kind of sender is known, and how it tells of pushes. */
export interface Sender {
  /** Whether the delivery is from the sender that the hook is for. Rejects where that can't be found out now. */
  verify(delivery: Delivery, hook: Hook, tools: HookTools): Promise<boolean>;
  /** Reads the body's JSON. Pure; never throws, whatever it is given. */
  read(json: unknown, headers: Headers, hook: Hook): HookEvents;
}

export function pushed(...pushes: PushEvent[]): HookEvents {
  return { pushes, ignored: [] };
}

export function ignored(reason: string, reference?: string): HookEvents {
  return { pushes: [], ignored: [reference === undefined ? { reason } : { reason, reference }] };
}

/** What is said of JSON that has nothing of the sender's in it. */
export function notFrom(sender: string): HookEvents {
  return ignored(`this is no event that ${sender} sends`);
}

/** The events of several messages in one. */
export function together(all: readonly HookEvents[]): HookEvents {
  return {
    pushes: all.flatMap(({ pushes }) => pushes),
    ignored: all.flatMap((events) => events.ignored),
    ...all.reduce<{ reply?: Readonly<Record<string, string>> }>((found, { reply }) => (reply === undefined ? found : { reply }), {}),
  };
}

/** A text from outside as it may stand in an answer: short, and without control characters. */
export function shown(text: string): string {
  const clean = text.replace(/\p{C}+/gu, " ").trim();
  return clean.length > 80 ? `${clean.slice(0, 80)}…` : clean;
}
