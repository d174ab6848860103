/** What differs between two references, document by document. Pure. */
import type { JsonRecord } from "../oci/manifest-json.ts";
import { entryDifferences } from "./entry-differences.ts";
import { type Difference, fieldDifferences, MAX_DIFFERENCES } from "./field-differences.ts";
import type { ComparedSide } from "./read-sides.ts";
import type { Pair } from "./sides.ts";
import type { Judgement } from "./verdict.ts";

/**
 * The differences of each document, at most {@link MAX_DIFFERENCES}: by their fields, in the order of the left one's and then of the right one's; of
 * an index, its entries last, and after them the indexes within it. None where the bytes differ only by white space or the order of fields.
 */
export function differencesOf({ left, right }: Pair<ComparedSide>, { indexes }: Judgement): Difference[] {
  const found: Difference[] = [];
  if (left.root.parsed.kind !== right.root.parsed.kind) {
    found.push(...fieldDifferences("root", rootFields(left), rootFields(right)));
  }
  if (indexes !== undefined) {
    const fields = fieldDifferences("index", withoutManifests(left.root.body), withoutManifests(right.root.body));
    found.push(...fields, ...entryDifferences(indexes).take(MAX_DIFFERENCES - fields.length));
  }
  if (left.image !== undefined && right.image !== undefined) {
    found.push(...fieldDifferences("manifest", left.image.manifest.body, right.image.manifest.body));
    if (left.image.config !== undefined && right.image.config !== undefined) {
      found.push(...fieldDifferences("config", left.image.config, right.image.config));
    }
  }
  return found;
}

/** What tells an index from a manifest; everything else in them is of another kind. */
function rootFields({ root }: ComparedSide): JsonRecord {
  return { mediaType: root.content.descriptor.mediaType };
}

function withoutManifests({ manifests: _, ...rest }: JsonRecord): JsonRecord {
  return rest;
}
