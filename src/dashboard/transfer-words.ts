/** What a copy would do, as a sentence. Pure. */
import type { TransferPlan } from "../copy/transfer-plan.ts";
import { bytesInWords, counted } from "./words.ts";

/** `would send 7.0 MiB in 4 blobs, mount 1 blob, put 3 manifests and write 1 tag; 2 blobs and 0 manifests are there` */
export function planInWords({ manifests, tags, blobs, bytes }: TransferPlan): string {
  const steps = [
    ...(blobs.copy > 0 ? [`send ${bytesInWords(bytes.copy)} in ${counted(blobs.copy, "blob")}`] : []),
    ...(blobs.mount > 0 ? [`mount ${counted(blobs.mount, "blob")}`] : []),
    ...(manifests.put > 0 ? [`put ${counted(manifests.put, "manifest")}`] : []),
    ...(tags > 0 ? [`write ${counted(tags, "tag")}`] : []),
  ];
  const there = [
    ...(blobs.existing > 0 ? [counted(blobs.existing, "blob")] : []),
    ...(manifests.existing > 0 ? [counted(manifests.existing, "manifest")] : []),
  ];
  const doing = steps.length === 0 ? "would write nothing" : `would ${listed(steps)}`;
  return there.length === 0 ? doing : `${doing}; there already: ${listed(there)}`;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
