/** Makes copy requests of pushes, by a hook's rules. Pure. */
import type { HookRule } from "../../config/hook-rules.ts";
import type { Hook } from "../../config/hooks.ts";
import { parseDigest } from "../../oci/digest.ts";
import { formatReference, InvalidReference, parseReference, type Reference, registryOf, repositoryName } from "../../oci/reference.ts";
import { type CopyRule, matches } from "../../policy.ts";
import { type CopyRequest, readCopyRequest } from "../../request/copy-request.ts";
import { fillTemplate } from "../../request/destination-template.ts";
import { permissionFaults, policyPermission } from "../../request/permission.ts";
import { ownSourceFaults } from "../../request/reference-faults.ts";
import type { Fault } from "../../schema/validate.ts";
import { type HookEvents, type Ignored, type PushEvent, shown } from "./push-event.ts";

/** A job that a push asks for. */
export interface WantedCopy {
  request: CopyRequest;
  /** Tells two pushes of one tag apart: equal in every delivery of one push. `undefined` where the sender sends neither a time nor an id. */
  moment: string | undefined;
  /** Who pushed; null where the sender does not say. */
  actor: string | null;
}

/** What a delivery asks for. */
export interface WantedCopies {
  copies: WantedCopy[];
  ignored: Ignored[];
}

/** Most pushes of one delivery that are read. Registries send one, or one for each tag. */
const MAX_PUSHES = 1000;

/** Most jobs that one delivery makes: as many as can be stored within a second. */
const MAX_COPIES = 100;

/** Longest name of who pushed, in characters. */
const MAX_ACTOR_LENGTH = 128;

/** Returns the copies that these events ask for. What `policy`, the operator's, forbids is ignored like anything else that makes no job. */
export function wantedCopies(events: HookEvents, hook: Hook, policy: readonly CopyRule[] | undefined): WantedCopies {
  const ignored = [...events.ignored];
  const copies = new Map<string, WantedCopy>();
  for (const push of events.pushes.slice(0, MAX_PUSHES)) {
    const read = readPush(push, hook);
    const found = "reason" in read ? { copies: [], ignored: [read] } : copiesOf(read, push, hook, policy);
    ignored.push(...found.ignored);
    for (const copy of found.copies) {
      // An event that is in the delivery twice makes one job.
      copies.set(JSON.stringify([copy.request, copy.moment]), copy);
    }
  }
  if (events.pushes.length > MAX_PUSHES) {
    ignored.push({ reason: `a delivery of more than ${MAX_PUSHES} pushes: ${events.pushes.length - MAX_PUSHES} were not looked at` });
  }
  if (events.pushes.length === 0 && ignored.length === 0) {
    ignored.push({ reason: "it holds no event" });
  }
  const all = [...copies.values()];
  for (const { request } of all.slice(MAX_COPIES)) {
    ignored.push({ reason: `a delivery makes at most ${MAX_COPIES} jobs`, reference: request.source });
  }
  return { copies: all.slice(0, MAX_COPIES), ignored };
}

type TaggedPush = Reference & { tag: string };

/** The reference that was pushed, or why the push makes no job. */
function readPush(push: PushEvent, hook: Hook): TaggedPush | Ignored {
  const registry = hook.registry ?? push.registry;
  const shownReference = shown(`${registry ?? ""}/${push.repository}`);
  if (registry === undefined || registry === "") {
    return { reason: `the event does not name its registry: set "registry" for this hook`, reference: shown(push.repository) };
  }
  // Some senders send the digest in place of a missing tag.
  const tag = push.tag === undefined || push.tag === "" || parseDigest(push.tag) !== undefined ? undefined : push.tag;
  const digest = push.digest ?? (push.tag === tag ? undefined : push.tag);
  if (tag === undefined) {
    return { reason: "it has no tag: the platforms of an image come with their index", reference: shownReference };
  }
  try {
    const reference = parseReference(`${registry}/${push.repository}:${tag}${digest === undefined || digest === "" ? "" : `@${digest}`}`);
    if (registryOf(registry) === undefined) {
      return { reason: `${shown(registry)} is not a registry's host: set "registry" for this hook`, reference: shownReference };
    }
    return { ...reference, tag };
  } catch (error) {
    if (error instanceof InvalidReference) {
      return { reason: `what was pushed has no valid reference (${error.message})`, reference: shownReference };
    }
    throw error;
  }
}

function copiesOf(pushed: TaggedPush, push: PushEvent, hook: Hook, policy: readonly CopyRule[] | undefined): WantedCopies {
  const source = formatReference(pushed);
  const ofRepository = hook.rules.filter(({ from }) => matches(from, repositoryName(pushed)));
  const rules = ofRepository.filter(({ tags }) => tags?.accepts(pushed.tag) ?? true);
  if (rules.length === 0) {
    return {
      copies: [],
      ignored: [{ reason: `no rule is for this ${ofRepository.length === 0 ? "repository" : "tag"}`, reference: source }],
    };
  }
  const copies: WantedCopy[] = [];
  const ignored: Ignored[] = [];
  for (const rule of rules) {
    const { request, faults } = requestOf(source, pushed, rule);
    const [fault] = request === undefined ? faults : permissionFaults(request, [policyPermission({ policy })]);
    if (request === undefined || fault !== undefined) {
      const place = decodeURIComponent(fault?.pointer.slice(2) ?? "");
      ignored.push({ reason: `its copy can't be made: ${place} ${fault?.detail ?? "is not valid"}`, reference: source });
    } else {
      copies.push({ request, moment: push.pushedAt ?? push.id, actor: actorOf(push) });
    }
  }
  return { copies, ignored };
}

function requestOf(source: string, pushed: TaggedPush, { to, options }: HookRule): { request?: CopyRequest; faults: readonly Fault[] } {
  const destinations = to.map((template) => fillTemplate(template, pushed));
  if (destinations.includes(undefined)) {
    return { faults: [{ pointer: "#/destination", detail: "wants {digest}, which the event does not have" }] };
  }
  const read = readCopyRequest({ ...options, source, destination: destinations.length === 1 ? destinations[0] : destinations });
  const faults = read.ok ? ownSourceFaults(read.request) : read.faults;
  return read.ok && faults.length === 0 ? { request: read.request, faults } : { faults };
}

function actorOf({ actor }: PushEvent): string | null {
  const text = actor?.replace(/\p{C}+/gu, " ").trim() ?? "";
  return text === "" ? null : text.slice(0, MAX_ACTOR_LENGTH);
}
