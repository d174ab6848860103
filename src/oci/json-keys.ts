/**
 * Finds keys of JSON that two readers read differently. JSON leaves open what a key that comes twice means (RFC 8259 §4), and Go's reader, which registries
 * and most clients use, takes `Layers` for `layers`: one digest would be two images, one of them with content that was not copied.
 */
import { endOfString } from "./json-size.ts";
import { quoted } from "./quoted-text.ts";

/** Fields of manifests and descriptors that say what belongs to the image. */
const FIELDS = [
  ...["schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "blobs", "fsLayers", "signatures", "subject"],
  ...["digest", "size", "urls", "data", "platform", "annotations"],
];

const FIELD_BY_FOLDED: ReadonlyMap<string, string> = new Map(FIELDS.map((field) => [folded(field), field]));

/** An object that is being read: its keys so far, and whether they are the writer's own, as those of annotations are. */
interface Open {
  keys: Set<string>;
  isFree: boolean;
}

/**
 * Returns what is wrong with the keys of a manifest, as the beginning of a sentence, or `undefined` where nothing is: a key that comes twice in one object,
 * or is a field in another case. The text must be valid JSON: only its strings and brackets are looked at.
 */
export function ambiguousKey(text: string): string | undefined {
  return firstProblem(text, (key, object) => repetition(key, object) ?? foldedField(key, object));
}

/** {@link ambiguousKey} for JSON of any kind, in which keys that differ in case are two: only a key that comes twice in one object is wrong. */
export function repeatedKey(text: string): string | undefined {
  return firstProblem(text, repetition);
}

/** Looks at every key with the object that it is in, in the order of the text, and returns the first problem. */
function firstProblem(text: string, problemOf: (key: string, object: Open) => string | undefined): string | undefined {
  const open: (Open | undefined)[] = [];
  let lastKey = "";
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: {
        const end = endOfString(text, at);
        const object = open.at(-1);
        const key = object && keyAt(text, at, end);
        if (object && key !== undefined) {
          const problem = problemOf(key, object);
          if (problem !== undefined) {
            return problem;
          }
          object.keys.add(key);
          lastKey = key;
        }
        at = end - 1;
        break;
      }
      case 0x7b:
        open.push({ keys: new Set(), isFree: lastKey === "annotations" || open.at(-1)?.isFree === true });
        lastKey = "";
        break;
      case 0x5b:
        open.push(undefined);
        lastKey = "";
        break;
      case 0x7d:
      case 0x5d:
        open.pop();
        break;
      default:
    }
  }
  return undefined;
}

function repetition(key: string, { keys }: Open): string | undefined {
  return keys.has(key) ? `The key ${quoted(key)} comes twice in one object` : undefined;
}

function foldedField(key: string, { isFree }: Open): string | undefined {
  const field = isFree ? undefined : FIELD_BY_FOLDED.get(folded(key));
  return field === undefined || field === key ? undefined : `The key ${quoted(key)} is read as "${field}" by some`;
}

/** The string from `start` to `end` where it is a key, which a colon follows. */
function keyAt(text: string, start: number, end: number): string | undefined {
  let at = end;
  while (at < text.length && " \t\r\n".includes(text.charAt(at))) {
    at++;
  }
  return text.charAt(at) === ":" ? (JSON.parse(text.slice(start, end)) as string) : undefined;
}

/** Folds a key as Go's reader does: without case, the long s as an s, the Kelvin sign as a k. */
function folded(key: string): string {
  return key.toUpperCase().toLowerCase();
}
