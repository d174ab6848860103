/** Which registry a failure of an image belongs to. Pure. */
import type { Failure } from "../../oci/errors.ts";
import type { RepositoryReference } from "../../oci/reference.ts";

/**
 * Names the registry of a failure that came from where none is known: the byte loop and the parser know only sides. One that names its registry, or
 * belongs to neither end, is returned as it is; so is one of the destination without a `target`, where all of them are concerned.
 */
export function withRegistry(failure: Failure, source: RepositoryReference, target: RepositoryReference | undefined): Failure {
  const place = failure.side === "source" ? source : failure.side === "destination" ? target : undefined;
  return place === undefined || failure.registry !== undefined ? failure : { ...failure, registry: place.registry };
}
