/** The source of a job that copies images side by side: its reads share the job's connections. */
import type { ContentDirectory } from "../oci/directory.ts";
import type { ContentSource } from "../oci/store.ts";
import type { Gate } from "./gate.ts";

/** Has every question wait for a place at the gate. Nothing that holds a place may ask here. */
export function gatedSource(source: ContentSource, gate: Gate): ContentSource {
  return {
    openBlob: (blob, offset, end) => gate.run(() => source.openBlob(blob, offset, end)),
    openWhole: (blob) => gate.run(() => source.openWhole(blob)),
    fetchManifest: (reference) => gate.run(() => source.fetchManifest(reference)),
    resolve: (reference) => gate.run(() => source.resolve(reference)),
  };
}

/** The same for what the source's repository tells of its content. */
export function gatedDirectory(directory: ContentDirectory, gate: Gate): ContentDirectory {
  return {
    referrers: (subject) => gate.run(() => directory.referrers(subject)),
    tagPage: (next) => gate.run(() => directory.tagPage(next)),
  };
}
