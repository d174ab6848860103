/** Repositories that are read while a caller waits, outside of any job. */
import { CopyError, failureOf } from "../../oci/errors.ts";
import type { RepositoryReference } from "../../oci/reference.ts";
import type { ContentSource } from "../../oci/store.ts";
import { askedPause } from "../patience.ts";
import type { Admission } from "./admission.ts";
import { type Connector, openRepository, TELLS_PAUSES } from "./connections.ts";

/**
 * Opens a repository as a source that keeps the pauses which its host asked for, and notes those that it asks for now: a host is spared by
 * callers and jobs alike. A pause is not waited for; it fails as `rate-limited`, with the time that is left.
 */
export function openReading(connector: Connector, admission: Admission, name: RepositoryReference, signal: AbortSignal): ContentSource {
  const repository = openRepository({ ...connector, retry: TELLS_PAUSES }, "source", name, signal);
  const { registry } = name;
  const spared = async <T>(ask: () => Promise<T>): Promise<T> => {
    await admission.admit(registry, "source");
    try {
      return await ask();
    } catch (error) {
      const pause = askedPause(failureOf(error), connector.effects.now());
      if (error instanceof CopyError && pause !== undefined) {
        await admission.pause(registry, pause);
      }
      throw error;
    }
  };
  return {
    resolve: (reference) => spared(() => repository.resolve(reference)),
    fetchManifest: (reference) => spared(() => repository.fetchManifest(reference)),
    openBlob: (blob, offset, end) => spared(() => repository.openBlob(blob, offset, end)),
    openWhole: (blob) => spared(() => repository.openWhole(blob)),
  };
}
