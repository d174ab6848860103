/** `POST /copy`: what a request must look like to become a {@link CopyRequest} (contract §2). */
import * as z from "zod/mini";
import { type Fault, pointerTo, validate } from "../config/validate.ts";
import type { CopyRequest } from "../jobs/document.ts";
import { refuseFaults } from "./api-error.ts";
import { referenceFaults } from "./reference-faults.ts";
import type { RequestFields } from "./request-fields.ts";
import { withoutUnsupported } from "./unsupported-fields.ts";

/** Most destinations of one job (contract §2). */
export const MAX_DESTINATIONS = 16;
/** Longest reference, in characters: host and repository (255), tag (128) and digest (135) with room to spare. */
export const MAX_REFERENCE_LENGTH = 1024;
/** Labels stand in every list of jobs, so they are kept short: at most so many, … */
export const MAX_LABELS = 32;
/** … their names of at most so many characters … */
export const MAX_LABEL_NAME_LENGTH = 128;
/** … and their values of so many. */
export const MAX_LABEL_VALUE_LENGTH = 1024;

const reference = z.string().check(z.minLength(1), z.maxLength(MAX_REFERENCE_LENGTH));

const copyFields = z.strictObject({
  source: reference,
  destination: z.array(reference).check(z.minLength(1), z.maxLength(MAX_DESTINATIONS)),
  stage: z.exactOptional(z.enum(["auto", "always", "never"])),
  labels: z.exactOptional(
    z
      .record(z.string().check(z.minLength(1), z.maxLength(MAX_LABEL_NAME_LENGTH)), z.string().check(z.maxLength(MAX_LABEL_VALUE_LENGTH)))
      .check(z.refine((labels) => Object.keys(labels).length <= MAX_LABELS, `must have at most ${MAX_LABELS} entries`)),
  ),
});

/**
 * Makes a request of the fields, or fails with `invalid` and every fault in them.
 *
 * Fields come in a fixed order and labels sorted by name, so that `JSON.stringify` of two requests that say the same is the same text.
 */
export function copyRequestOf(read: RequestFields): CopyRequest {
  const { fields, faults } = isObject(read.fields) ? withoutUnsupported(read.fields) : { fields: read.fields, faults: [] };
  const listed = withDestinationList(fields);
  const validated = validate(copyFields, listed.fields);
  const shapeFaults = validated.ok ? [] : validated.faults.map((fault) => listed.rename(fault));
  // A place that is already at fault is not judged again for what it says.
  const wrong = new Set(shapeFaults.map((fault) => fault.pointer));
  const meaningFaults = referenceFaults(listed.fields, MAX_DESTINATIONS)
    .map((fault) => listed.rename(fault))
    .filter((fault) => !wrong.has(fault.pointer));
  refuseFaults([...read.faults, ...faults, ...shapeFaults, ...meaningFaults, ...labelFaults(fields)]);
  if (!validated.ok) {
    throw new Error("Faults without a fault");
  }
  const { source, destination, stage, labels } = validated.value;
  return {
    source,
    destination,
    ...(stage === undefined || stage === "auto" ? {} : { stage }),
    ...(labels === undefined ? {} : { labels: sorted(labels) }),
  };
}

/** One destination may be given without the array; faults are then told of the field that the caller wrote. */
function withDestinationList(fields: unknown): { fields: unknown; rename: (fault: Fault) => Fault } {
  if (!isObject(fields) || typeof fields.destination !== "string") {
    return { fields, rename: (fault) => fault };
  }
  const only = pointerTo("destination", 0);
  return {
    fields: { ...fields, destination: [fields.destination] },
    rename: (fault) => (fault.pointer === only ? { ...fault, pointer: pointerTo("destination") } : fault),
  };
}

/** The one name that zod leaves out without a word. */
function labelFaults(fields: unknown): Fault[] {
  const labels = isObject(fields) ? fields.labels : undefined;
  return isObject(labels) && Object.hasOwn(labels, "__proto__")
    ? [{ detail: "is not allowed as a name", pointer: pointerTo("labels", "__proto__") }]
    : [];
}

function sorted(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
