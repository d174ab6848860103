/** What can be wrong with a request's references beyond their shape, found before any registry is asked. */
import {
  destinationReference,
  InvalidReference,
  parseReference,
  type Reference,
  repositoryName,
  sourceReference,
} from "../oci/reference.ts";
import { isJsonObject } from "../schema/json-object.ts";
import { type Fault, pointerTo } from "../schema/validate.ts";

/**
 * Checks the references that are there. Fields that are missing or of the wrong type are left to the schema. `destination` is an array, of which only the
 * first `maxDestinations` entries are checked.
 */
export function referenceFaults(fields: unknown, maxDestinations: number): Fault[] {
  const {
    source: sourceText,
    destination,
    index,
    tags,
  } = (fields ?? {}) as Partial<Record<"source" | "destination" | "index" | "tags", unknown>>;
  // A filter of another type is one fault, and not to be reported at the references too.
  const isMany = tags === "all" || isJsonObject(tags);
  // With these two, what is tagged has another digest than the source.
  const keepsDigest = index !== "single" && index !== "rewrite";
  const faults: Fault[] = [];
  const source = attempt(sourceText, pointerTo("source"), isMany ? parseReference : sourceReference, faults);
  faults.push(...(isMany && source !== undefined ? wholeFaults(source, pointerTo("source")) : []));
  const destinations = Array.isArray(destination) ? destination.slice(0, maxDestinations) : [];
  const places = new Map<string, string>();
  for (const [position, text] of destinations.entries()) {
    const pointer = pointerTo("destination", position);
    // A destination without a tag takes the source's. Where the source can't be read, another one stands in for it.
    const context = source ?? STAND_IN;
    const parsed = attempt(text, pointer, (value) => (isMany ? parseReference(value) : destinationReference(value, context)), faults);
    if (parsed === undefined) {
      continue;
    }
    faults.push(...(isMany ? wholeFaults(parsed, pointer) : []));
    const place = placeOf(parsed);
    const earlier = places.get(place);
    if (earlier !== undefined) {
      faults.push({ detail: `is the same destination as ${earlier}`, pointer });
    }
    places.set(place, earlier ?? pointer);
    if (source !== undefined) {
      faults.push(...(keepsDigest ? assertionFaults(source, parsed, pointer) : []));
    }
  }
  return faults;
}

const STAND_IN: Reference = { registry: "localhost", repository: "source", tag: "latest" };

/** With `tags` a reference may name a repository and nothing more. */
function wholeFaults({ tag, digest }: Reference, pointer: string): Fault[] {
  const named = tag === undefined ? digest : `the tag ${tag}`;
  return named === undefined ? [] : [{ detail: `names ${named}, but with "tags" both sides are whole repositories`, pointer }];
}

/** The fault of a destination that asserts another digest than the one that it would get. */
function assertionFaults(source: Reference, destination: Reference, pointer: string): Fault[] {
  const differs = destination.digest !== undefined && source.digest !== undefined && destination.digest !== source.digest;
  return differs ? [{ detail: "names another digest than the source", pointer }] : [];
}

/**
 * The fault of a destination that is its own source. Not one of {@link referenceFaults}: such a copy finds that nothing has changed, as a peer's does. It
 * is one for a rule that makes copies of what is pushed, where it was not meant. The request must have no fault.
 */
export function ownSourceFaults({ source: sourceText, destination }: { source: string; destination: readonly string[] }): Fault[] {
  const source = sourceReference(sourceText);
  return destination.flatMap((text, position) => {
    const parsed = destinationReference(text, source);
    // A source with a tag and a digest may be its own destination: the copy points the tag at that digest.
    const sameTag = source.digest === undefined ? parsed.tag === source.tag : parsed.tag === undefined;
    return sameTag && repositoryName(source) === repositoryName(parsed)
      ? [{ detail: "is the source itself", pointer: pointerTo("destination", ...(destination.length === 1 ? [] : [position])) }]
      : [];
  });
}

/** What a destination writes to: a tag, or the repository's untagged manifests. A digest beside a tag only says what is expected there. */
function placeOf(destination: Reference): string {
  return `${repositoryName(destination)}:${destination.tag ?? ""}`;
}

function attempt(text: unknown, pointer: string, parse: (text: string) => Reference, faults: Fault[]): Reference | undefined {
  if (typeof text !== "string" || text === "") {
    return undefined;
  }
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof InvalidReference)) {
      throw error;
    }
    faults.push({ detail: `is not an image reference (${error.message})`, pointer });
    return undefined;
  }
}
