import { describe, expect, it } from "vitest";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { inlineContent, inlineSource, MAX_INLINE_BYTES } from "../../../src/oci/inline-content.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

function described(bytes: Uint8Array, extra: Partial<Descriptor> = {}): Descriptor {
  const data = Buffer.from(bytes).toString("base64");
  return { mediaType: "application/octet-stream", digest: digestOf(bytes), size: bytes.byteLength, data, ...extra };
}

describe("content that a descriptor carries", () => {
  it.each([
    ["the empty config", described(bytesOf("{}"))],
    ["nothing at all", described(new Uint8Array())],
    ["the most that is taken", described(new Uint8Array(MAX_INLINE_BYTES))],
    ["a sha512 digest", described(bytesOf("x"), { digest: digestOf(bytesOf("x"), "sha512") })],
  ])("is taken: %s", (_, descriptor) => {
    expect(Buffer.from(inlineContent(descriptor) ?? []).toString("base64")).toBe(descriptor.data);
  });

  it.each<[string, Descriptor]>([
    ["none", { mediaType: "a/b", digest: digestOf(bytesOf("{}")), size: 2 }],
    ["of another digest", described(bytesOf("{}"), { digest: digestOf(bytesOf("[]")) })],
    ["of another size", described(bytesOf("{}"), { size: 3 })],
    ["without its padding", described(bytesOf("{}"), { data: "e30" })],
    ["in another alphabet", described(Uint8Array.of(0xff, 0xfe, 0xfd), { data: "__79" })],
    ["with a line break", described(bytesOf("{}"), { data: "e3\n0=" })],
    ["that is too long", described(new Uint8Array(MAX_INLINE_BYTES + 1))],
  ])("is left aside: %s", (_, descriptor) => {
    expect(inlineContent(descriptor)).toBeUndefined();
  });

  it("can be read from any position", async () => {
    const source = inlineSource(Uint8Array.from(bytesOf("content")));
    for (const offset of [0, 3, 7]) {
      const body = await source.openBlob(described(bytesOf("content")), offset);
      expect(body.offset).toBe(offset);
      expect(await new Response(body.stream).text()).toBe("content".slice(offset));
    }
  });
});
