/** What can be wrong with a request's options beyond their shape: options that need another one, or contradict each other. */
import { formatPlatform, InvalidPlatform, parsePlatform } from "../oci/platform.ts";
import { type Fault, pointerTo } from "../schema/validate.ts";
import { tagFilterFaults } from "./tag-filter.ts";

/** Checks the options that are there. Fields that are missing or of the wrong type are left to the schema. */
export function optionFaults(fields: unknown): Fault[] {
  const { platforms, index, tags } = (fields ?? {}) as { platforms?: unknown; index?: unknown; tags?: unknown };
  const named = Array.isArray(platforms) ? platforms : undefined;
  return [...indexFaults(index, named), ...platformFaults(named ?? []), ...tagFilterFaults(tags)];
}

function indexFaults(index: unknown, platforms: readonly unknown[] | undefined): Fault[] {
  if (index !== "single" && index !== "rewrite") {
    return [];
  }
  if (platforms === undefined) {
    return [
      {
        detail: `is ${JSON.stringify(index)}, which says how platforms are copied, but there are no platforms`,
        pointer: pointerTo("index"),
      },
    ];
  }
  return index === "single" && platforms.length > 1
    ? [{ detail: 'must be exactly one, since index is "single"', pointer: pointerTo("platforms") }]
    : [];
}

function platformFaults(platforms: readonly unknown[]): Fault[] {
  const places = new Map<string, string>();
  return platforms.flatMap((text, position): Fault[] => {
    const name = typeof text === "string" ? nameOf(text) : undefined;
    if (name === undefined) {
      return [];
    }
    const pointer = pointerTo("platforms", position);
    if (name === "unknown/unknown") {
      return [{ detail: "is what attestations have, and these go with the image that they are about", pointer }];
    }
    const earlier = places.get(name);
    places.set(name, earlier ?? pointer);
    return earlier === undefined ? [] : [{ detail: `is the same platform as ${earlier}`, pointer }];
  });
}

/** The canonical spelling of a platform; `undefined` for a text that names none. */
function nameOf(text: string): string | undefined {
  try {
    return formatPlatform(parsePlatform(text));
  } catch (error) {
    if (error instanceof InvalidPlatform) {
      return undefined;
    }
    throw error;
  }
}
