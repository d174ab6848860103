import { describe, expect, it } from "vitest";
import { neededBlobs } from "../../../../src/jobs/images/plan-image.ts";
import type { Descriptor } from "../../../../src/oci/descriptor.ts";
import { digestOf } from "../../../../src/oci/digest.ts";

const blob = (mediaType: string, extra: Partial<Descriptor> = {}): Descriptor => ({
  mediaType,
  digest: digestOf(new TextEncoder().encode(mediaType)),
  size: 1,
  ...extra,
});
const layer = blob("application/vnd.oci.image.layer.v1.tar+gzip");
const foreign = blob("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", { urls: ["https://layers.example/1"] });
const blobs = [layer, foreign];

describe("the blobs that a target may lack", () => {
  it("are all where it does not have the manifest", () => {
    expect(neededBlobs({ blobs }, false, false)).toEqual(blobs);
  });

  it("are the foreign ones where it has the manifest: those it was taken without", () => {
    expect(neededBlobs({ blobs }, true, false)).toEqual([foreign]);
  });

  it("are all in a deep check, whatever is there", () => {
    expect(neededBlobs({ blobs }, true, true)).toEqual(blobs);
  });
});
