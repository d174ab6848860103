/** Hostile content, first part: manifests that lie about sizes, have too much in them, or are JSON that two readers read differently. */
import { describe, it } from "vitest";
import {
  type Attempt,
  answering,
  bytesOf,
  CONFIG,
  digestNumber,
  expectSafe,
  type HostileRow,
  LAYER,
  MANIFEST,
  putBlob,
  putImage,
  putImageWith,
  putText,
} from "./hostile-row.ts";

const GET_MANIFEST = { method: "GET", path: "/manifests/" };
const INVALID = { code: "manifest-invalid", side: "source" } as const;
const SIZE_MISMATCH = { code: "size-mismatch", side: "source" } as const;

/** A source whose blobs come without a length that would tell the lie at once. */
const UNANNOUNCED = { quirks: { blobLength: false } };

const nested = (times: number) => "[".repeat(times) + "]".repeat(times);

/** The image, its layer said to be of another size. `size` is written as it is. */
function sized(size: string): NonNullable<HostileRow["given"]> {
  return (attempt) => {
    const { config, layer } = attempt;
    const text = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [{ ...layer, size: "SIZE" }] });
    return putText(attempt, MANIFEST, text.replace('"SIZE"', size), "1.0");
  };
}

function layers(count: number, layer: (number: number, attempt: Attempt) => object): NonNullable<HostileRow["given"]> {
  return (attempt) => putImage(attempt, { layers: Array.from({ length: count }, (_, number) => layer(number, attempt)) });
}

/** The image with a config of this text. */
function configured(text: string): NonNullable<HostileRow["given"]> {
  return async (attempt) => putImage(attempt, { config: await putBlob(attempt.from, attempt.name, CONFIG, text) });
}

/** The image with a media type of a layer, or a URL, that is longer than a row of the job's database. */
const LONG = "t".repeat(3_000_000);

describe.concurrent("a manifest whose Content-Length", () => {
  it.each<HostileRow>([
    {
      what: "is less than its bytes",
      // Else the rest would be taken for the next answer on the connection, also of the test's own questions.
      given: answering("from", GET_MANIFEST, { headers: { "content-length": "10", connection: "close" } }),
      error: { code: "digest-mismatch", side: "source" },
    },
    {
      what: "is more than its bytes, which then never come",
      given: answering("from", GET_MANIFEST, { headers: { "content-length": "1000000" } }),
      error: { code: "timeout", side: "source" },
    },
    {
      what: "is more than any memory has",
      given: answering("from", GET_MANIFEST, { headers: { "content-length": "1000000000000000000" } }),
      error: { code: "timeout", side: "source" },
    },
  ])("$what", expectSafe);
});

describe.concurrent("a layer whose size", () => {
  it.each<HostileRow>([
    { what: "is too small", given: sized("3"), error: SIZE_MISMATCH },
    { what: "is too small, unannounced", from: UNANNOUNCED, given: sized("3"), error: SIZE_MISMATCH },
    { what: "is too large", given: sized("300000000"), error: SIZE_MISMATCH },
    { what: "is too large, unannounced", from: UNANNOUNCED, given: sized("300000000"), error: SIZE_MISMATCH },
    { what: "is 2^53 - 1", given: sized("9007199254740991"), error: SIZE_MISMATCH },
    { what: "is 2^53", given: sized("9007199254740992"), error: { ...INVALID, detail: /\/layers\/0\/size/ } },
    { what: "is 1e400", given: sized("1e400"), error: { ...INVALID, detail: /\/layers\/0\/size/ } },
    { what: "is a fraction", given: sized("1.5"), error: { ...INVALID, detail: /\/layers\/0\/size/ } },
    { what: "is a text", given: sized('"3400"'), error: { ...INVALID, detail: /\/layers\/0\/size/ } },
    {
      what: "adds up with others to more than 2^63",
      given: layers(1_100, (number) => ({ mediaType: LAYER, digest: digestNumber(number), size: Number.MAX_SAFE_INTEGER })),
      error: { code: "not-found", side: "source", upstream: { status: 404 } },
    },
    {
      what: "has nothing to do with a body without an end",
      given: answering("from", { method: "GET", path: "/blobs/" }, { status: 200, body: "x", bodyTimes: 1e12, noLength: true }),
      error: SIZE_MISMATCH,
    },
  ])("$what", expectSafe);
});

describe.concurrent("a manifest of", () => {
  it.each<HostileRow>([
    { what: "100,000 layers, all the same", given: layers(100_000, (_, { layer }) => layer), error: { ...INVALID, detail: /larger than/ } },
    {
      what: "60,000 layers, in fewer bytes than are read",
      given: layers(60_000, (number) => ({ digest: digestNumber(number), size: 1 })),
      error: { ...INVALID, detail: /\/layers has more than 10000 entries/ },
    },
    { what: "10,000 layers, all the same: one is copied", given: layers(10_000, (_, { layer }) => layer), asked: 4 },
    {
      what: "10,000 layers that are not there: a few are asked for",
      given: layers(10_000, (number) => ({ digest: digestNumber(number), size: 1 })),
      error: { code: "not-found", side: "source" },
    },
    { what: "one layer with a media type of 3 MB", given: layers(1, (_, { layer }) => ({ ...layer, mediaType: LONG })) },
    {
      what: "one layer with a URL of 3 MB",
      given: layers(1, (_, { layer }) => ({
        ...layer,
        mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        urls: ["https://example.com/x", LONG],
      })),
      options: { foreignLayers: "copy" },
    },
    {
      what: "a body without an end",
      given: answering("from", GET_MANIFEST, { status: 200, body: '{"layers":[', bodyTimes: 1e10, noLength: true }),
      error: { ...INVALID, detail: /larger than/ },
    },
  ])("$what", expectSafe);
});

describe.concurrent("JSON of a manifest with", () => {
  it.each<HostileRow>([
    {
      what: "keys that are JavaScript's, which are keys like any other",
      given: (attempt) =>
        putImageWith(
          attempt,
          ',"__proto__":{"layers":[],"manifests":[]},"constructor":{"prototype":{"layers":[]}},"annotations":{"__proto__":"a","constructor":"b"}',
        ),
    },
    {
      what: "other layers under __proto__, which are none of its layers",
      given: ({ config, ...attempt }) =>
        putText(
          { config, ...attempt },
          MANIFEST,
          `{"schemaVersion":2,"config":${JSON.stringify(config)},"layers":[],"__proto__":{"layers":[{"digest":"x"}]}}`,
          "1.0",
        ),
    },
    {
      what: "a key twice",
      given: (attempt) => putImageWith(attempt, ',"layers":[]'),
      error: { ...INVALID, detail: /"layers" comes twice/ },
    },
    {
      what: "a field in another case",
      given: (attempt) => putImageWith(attempt, ',"Layers":[]'),
      error: { ...INVALID, detail: /read as "layers"/ },
    },
    {
      what: "bytes that are not UTF-8",
      given: async ({ from, name, config, layer }) => {
        const bytes = bytesOf(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer], annotations: { a: "%" } }));
        bytes[bytes.lastIndexOf(0x25)] = 0xff;
        await from.putManifest(name, "1.0", MANIFEST, bytes);
      },
      error: { ...INVALID, detail: /not JSON in UTF-8/ },
    },
    {
      what: "a byte order mark",
      given: (attempt) => putText(attempt, MANIFEST, '\ufeff{"schemaVersion":2}', "1.0"),
      error: { ...INVALID, detail: /not JSON in UTF-8/ },
    },
    { what: "9,000 lists in each other", given: (attempt) => putImageWith(attempt, `,"deep":${nested(9_000)}`) },
    {
      what: "100,000 lists in each other, which Go does not read either",
      given: (attempt) => putImageWith(attempt, `,"deep":${nested(100_000)}`),
      error: { ...INVALID, detail: /nested deeper than 10000/ },
    },
    {
      what: "100,000 objects in each other",
      given: (attempt) => putImageWith(attempt, `,"deep":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`),
      error: { ...INVALID, detail: /nested deeper than 10000/ },
    },
    {
      what: "two million empty lists, which are 6 MB as text and a hundred in memory",
      given: (attempt) => putImageWith(attempt, `,"many":[${"[],".repeat(2_000_000)}1]`),
      error: { ...INVALID, detail: /more than 200000 values/ },
    },
    {
      what: "600,000 keys",
      given: (attempt) => putImageWith(attempt, `,"many":{${Array.from({ length: 600_000 }, (_, key) => `"${key}":1`).join(",")}}`),
      error: { ...INVALID, detail: /more than 200000 values/ },
    },
    {
      what: "100,000 brackets that nothing closes",
      given: (attempt) => putText(attempt, MANIFEST, "[".repeat(100_000), "1.0"),
      error: { ...INVALID, detail: /nested deeper than 10000/ },
    },
  ])("$what", expectSafe);
});

describe.concurrent("a config, read for its platform, with", () => {
  const options = { platforms: ["linux/amd64"] };
  it.each<HostileRow>([
    {
      what: "a platform under __proto__, which is none",
      given: configured('{"__proto__":{"os":"linux","architecture":"amd64"},"constructor":1,"hasOwnProperty":2}'),
      error: { code: "not-found", side: "source", detail: /it is for no platform/ },
    },
    { what: "9,000 lists in each other", given: configured(`{"os":"linux","architecture":"amd64","deep":${nested(9_000)}}`) },
    {
      what: "100,000 lists in each other",
      given: configured(`{"os":"linux","architecture":"amd64","deep":${nested(100_000)}}`),
      error: { ...INVALID, detail: /nested deeper than 10000/ },
    },
    { what: "bytes that are no JSON", given: configured("\ufeff{}"), error: { ...INVALID, detail: /not JSON in UTF-8/ } },
    {
      what: "a body without an end",
      given: answering("from", { method: "GET", path: "/blobs/" }, { status: 200, body: "x", bodyTimes: 1e12, noLength: true }),
      error: SIZE_MISMATCH,
    },
  ])("$what", (row) => expectSafe({ ...row, options }));
});
