/** What a copy request is (contract §2), and how one is read from fields, whichever trigger they came from. */
import { isJsonObject } from "../schema/json-object.ts";
import { type Fault, pointerTo, validate } from "../schema/validate.ts";
import { COPY_FIELDS, type CopyFields, MAX_DESTINATIONS } from "./copy-fields.ts";
import { optionFaults } from "./option-faults.ts";
import { referenceFaults } from "./reference-faults.ts";

/**
 * A validated copy request: references as the caller gave them, not yet normalised; only the options that say something else than
 * their default. `destination` is always an array here.
 */
export type CopyRequest = CopyFields;

/** A copy request as documents show it. One destination is no list; a callback's address comes without its query. */
export type ShownRequest = Omit<CopyRequest, "destination"> & { destination: string | string[] };

/** What {@link readCopyRequest} returns: the request, or at least one fault. */
export type ReadRequest = { ok: true; request: CopyRequest } | { ok: false; faults: readonly Fault[] };

/**
 * Reads a request from fields as JSON gives them; returns the request, or every fault in them.
 *
 * Options come in the order of the contract and labels sorted by name, so that `JSON.stringify` of two requests that say the same is the same text.
 */
export function readCopyRequest(fields: unknown): ReadRequest {
  const listed = withDestinationList(fields);
  const validated = validate(COPY_FIELDS, listed.fields);
  const shapeFaults = validated.ok ? [] : validated.faults.map((fault) => listed.rename(fault));
  // A place whose shape is wrong is reported once: what it says is not checked as well.
  const wrong = new Set(shapeFaults.map((fault) => fault.pointer));
  const meaningFaults = [...referenceFaults(listed.fields, MAX_DESTINATIONS), ...optionFaults(fields)]
    .map((fault) => listed.rename(fault))
    .filter((fault) => !wrong.has(fault.pointer));
  const all = [...shapeFaults, ...meaningFaults, ...labelFaults(fields)];
  return validated.ok && all.length === 0 ? { ok: true, request: inOrder(validated.value) } : { ok: false, faults: all };
}

/** The default of each option (contract §2). An option that is given with it is dropped, so that both ways of asking are the same request. */
const DEFAULTS = {
  index: "sparse",
  referrers: false,
  overwrite: "always",
  check: "shallow",
  foreignLayers: "skip",
  stage: "auto",
  dryRun: false,
} as const;

function inOrder({ source, destination, labels, ...options }: CopyFields): CopyRequest {
  const { platforms, index, referrers, overwrite, check, foreignLayers, stage, dryRun, callback } = options;
  const tags = filterInOrder(options.tags);
  const given = Object.entries({ platforms, index, referrers, tags, overwrite, check, foreignLayers, stage, dryRun }).filter(
    ([name, value]) => value !== undefined && value !== DEFAULTS[name as keyof typeof DEFAULTS],
  );
  return {
    source,
    destination,
    ...Object.fromEntries(given),
    ...(labels === undefined || Object.keys(labels).length === 0 ? {} : { labels: sorted(labels) }),
    ...(callback === undefined ? {} : { callback: callbackInOrder(callback) }),
  };
}

/** A callback without what it says by default. */
function callbackInOrder({ url, format, events }: Required<CopyFields>["callback"]): Required<CopyFields>["callback"] {
  const isDefault = events?.length === 1 && events[0] === "completed";
  return {
    url,
    ...(format === undefined || format === "standard" ? {} : { format }),
    ...(events === undefined || isDefault ? {} : { events }),
  };
}

/** A filter of tags in the order of the contract, without an empty list of what is left out. */
function filterInOrder(tags: CopyFields["tags"]): CopyFields["tags"] {
  if (tags === undefined || tags === "all") {
    return tags;
  }
  const { include, exclude, semver, latest } = tags;
  return {
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined || exclude.length === 0 ? {} : { exclude }),
    ...(semver === undefined ? {} : { semver }),
    ...(latest === undefined ? {} : { latest }),
  };
}

/** Puts a single destination into an array. `rename` makes faults of the array's only entry ones of the field that the caller wrote. */
function withDestinationList(fields: unknown): { fields: unknown; rename: (fault: Fault) => Fault } {
  if (!isJsonObject(fields) || typeof fields.destination !== "string") {
    return { fields, rename: (fault) => fault };
  }
  const only = pointerTo("destination", 0);
  return {
    fields: { ...fields, destination: [fields.destination] },
    rename: (fault) => (fault.pointer === only ? { ...fault, pointer: pointerTo("destination") } : fault),
  };
}

/** Refuses a label named `__proto__`: the one name that zod drops without a fault. */
function labelFaults(fields: unknown): Fault[] {
  const labels = isJsonObject(fields) ? fields.labels : undefined;
  return isJsonObject(labels) && Object.hasOwn(labels, "__proto__")
    ? [{ detail: "is not allowed as a name", pointer: pointerTo("labels", "__proto__") }]
    : [];
}

function sorted(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1)));
}
