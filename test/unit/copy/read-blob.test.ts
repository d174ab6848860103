import { describe, expect, it } from "vitest";
import { MAX_WHOLE_BYTES, readBlob } from "../../../src/copy/read-blob.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { inlineSource } from "../../../src/oci/inline-content.ts";
import type { ContentSource } from "../../../src/oci/store.ts";

type Source = Pick<ContentSource, "openWhole">;

const content = Uint8Array.from(new TextEncoder().encode(`{"os":"linux"}`));
const config: Descriptor = { mediaType: "application/json", digest: digestOf(content), size: content.byteLength };
const unasked: Source = { openWhole: () => Promise.reject(new Error("not to be asked")) };

function sourceOf(bytes: Uint8Array<ArrayBuffer>): Source {
  return { openWhole: (blob) => inlineSource(bytes).openBlob(blob, 0) };
}

describe("a small blob", () => {
  it("is read whole", async () => {
    expect(await readBlob(config, sourceOf(content))).toEqual(content);
  });

  it("is taken from its descriptor where that has it", async () => {
    expect(await readBlob({ ...config, data: btoa(`{"os":"linux"}`) }, unasked)).toEqual(content);
  });

  it.each<[string, Descriptor, Uint8Array<ArrayBuffer>, string]>([
    ["shorter", config, content.slice(1), "size-mismatch"],
    ["longer", config, Uint8Array.from([...content, 0]), "size-mismatch"],
    ["another", config, content.map((byte) => byte ^ 1), "digest-mismatch"],
    ["too large", { ...config, size: MAX_WHOLE_BYTES + 1 }, content, "unsupported"],
  ])("fails where it is %s", async (_, blob, bytes, code) => {
    await expect(readBlob(blob, sourceOf(bytes))).rejects.toMatchObject({ failure: { code, side: "source", retry: "never" } });
  });
});
