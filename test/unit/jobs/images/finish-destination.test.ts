/** What a job says of an image that was at a destination before it came. */
import { describe, expect, it } from "vitest";
import type { Selection } from "../../../../src/copy/select-platforms.ts";
import { madeSure } from "../../../../src/jobs/images/finish-destination.ts";
import { type Digest, digestOf } from "../../../../src/oci/digest.ts";
import type { CopyRequest } from "../../../../src/request/copy-request.ts";

const LEFT_OUT: Digest = `sha256:${"a".repeat(64)}`;

const selection = (...leftOut: Digest[]): Selection => ({
  root: { mediaType: "application/vnd.oci.image.index.v1+json", digest: digestOf(new Uint8Array(1)), size: 1 },
  leftOut: new Set(leftOut),
  made: [],
});
const slice = (options: Partial<CopyRequest> = {}) => ({
  request: { source: "from.example/app:1", destination: ["to.example/app:1"], ...options },
});

describe("what is made sure of below a root that was there", () => {
  it("is nothing where the root was taken to say that the rest is there", () => {
    expect(madeSure(selection(), slice())).toBeUndefined();
    expect(madeSure(selection(), slice({ referrers: true }))).toBeUndefined();
  });

  it.each<Partial<CopyRequest>>([{ check: "deep" }, { foreignLayers: "copy" }])(
    "is the whole where all of it was looked at: %o",
    (options) => {
      expect(madeSure(selection(), slice(options))).toBe("whole");
    },
  );

  it.each<Partial<CopyRequest>>([{}, { check: "deep" }])("is what was wanted, where something was left out: %o", (options) => {
    expect(madeSure(selection(LEFT_OUT), slice(options))).toBe("wanted");
  });
});
