/** Sources that can't be copied: the documented error, within a bounded time, and nothing left at the destination. */
import { describe, it } from "vitest";
import { NOBODY } from "../support/worker-variables.ts";
import { at, DENIED, errorBody, expectRefused, LAYER_BYTES, type RefusedCase, reading } from "./refused-copy.ts";

const TAG = { path: "/manifests/1.0" };
const MANIFEST = { method: "GET", path: "/manifests/sha256:" };

const SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws";
const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** Puts the tag on a manifest of any bytes. */
const tagged =
  (mediaType: string, manifest: object): NonNullable<RefusedCase["prepare"]> =>
  ({ from, name }) =>
    from.putManifest(name, "1.0", mediaType, new TextEncoder().encode(JSON.stringify(manifest)));

const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest: `sha256:${"1".repeat(64)}`, size: 5 };
const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] };
const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ ...config, mediaType: OCI_MANIFEST }] };

describe("a source that", () => {
  it.each<RefusedCase>([
    {
      what: "does not have the tag",
      source: ({ from, name }) => `${from.host}/${name}:2.0`,
      error: { code: "not-found", side: "source", upstream: { status: 404 } },
    },
    {
      what: "does not have the digest",
      source: ({ from, name }) => `${from.host}/${name}@${config.digest}`,
      error: { code: "not-found", side: "source", upstream: { status: 404 } },
    },
    {
      what: "does not have the repository",
      is: { from: { quirks: { repositories: "must-exist-404" } } },
      source: ({ from }) => `${from.host}/test/nothing`,
      error: { code: "not-found", side: "source", upstream: { status: 404 } },
    },
    {
      what: "does not have the layer",
      prepare: reading({ status: 404, body: errorBody("BLOB_UNKNOWN") }),
      error: { code: "not-found", side: "source", upstream: { status: 404, code: "BLOB_UNKNOWN" } },
    },
    { what: "does not have a child of its index", prepare: tagged(OCI_INDEX, index), error: { code: "not-found", side: "source" } },
    {
      what: "denies",
      prepare: at("from", TAG, DENIED),
      error: { code: "access-denied", side: "source", upstream: { status: 403, code: "DENIED" } },
    },
    {
      what: "denies the layer",
      prepare: reading(DENIED),
      error: { code: "access-denied", side: "source", upstream: { status: 403, code: "DENIED" } },
    },
    {
      what: "knows another password",
      is: { from: { auth: { kind: "basic", user: "ship", password: "another" } } },
      error: { code: "access-denied", side: "source", upstream: { status: 401 } },
    },
    {
      what: "is not there",
      source: () => `${NOBODY}/a/b:1`,
      names: NOBODY,
      error: { code: "registry-unavailable", side: "source" },
    },
    {
      what: "is out of order",
      prepare: at("from", TAG, { status: 503 }),
      error: { code: "registry-unavailable", side: "source", upstream: { status: 503 } },
    },
    {
      what: "answers HTML for the manifest",
      prepare: at("from", TAG, { html200: true }),
      error: { code: "manifest-invalid", side: "source" },
    },
    { what: "answers HTML for the layer", prepare: reading({ html200: true }), error: { code: "size-mismatch", side: "source" } },
  ])("$what", expectRefused);
});

describe("bytes of a source that", () => {
  it.each<RefusedCase>([
    {
      what: "are another manifest than the digest says",
      prepare: at("from", MANIFEST, { flipBitAt: 40 }),
      error: { code: "digest-mismatch", side: "source" },
    },
    {
      what: "are another layer than the digest says",
      prepare: reading({ flipBitAt: 7 }),
      error: { code: "digest-mismatch", side: "source" },
    },
    { what: "are announced to be too many", prepare: reading({ extraBytes: 1 }), error: { code: "size-mismatch", side: "source" } },
    {
      what: "are too many, unannounced",
      prepare: reading({ extraBytes: 1, noLength: true }),
      error: { code: "size-mismatch", side: "source" },
    },
    {
      what: "are announced to be too few",
      prepare: reading({ truncateAfter: LAYER_BYTES - 1, lengthFits: true }),
      error: { code: "size-mismatch", side: "source" },
    },
    {
      // Whatever is asked for: a source with ranges would give the rest in the end.
      what: "are too few, unannounced",
      is: { from: { quirks: { blobRange: "ignored" } } },
      prepare: reading({ truncateAfter: LAYER_BYTES - 1, noLength: true, lengthFits: true }),
      error: { code: "size-mismatch", side: "source" },
    },
    {
      what: "are fewer than announced each time",
      prepare: reading({ truncateAfter: 1000 }),
      error: { code: "registry-unavailable", side: "source" },
    },
  ])("$what", expectRefused);
});

describe("a manifest that", () => {
  it.each<RefusedCase>([
    {
      what: "is no JSON",
      prepare: at("from", { path: "/manifests/" }, { status: 200, body: "{]", headers: { "content-type": OCI_MANIFEST } }),
      error: { code: "manifest-invalid", side: "source" },
    },
    { what: "is JSON of something else", prepare: tagged(OCI_MANIFEST, []), error: { code: "manifest-invalid", side: "source" } },
    {
      what: "is both an index and an image",
      prepare: tagged(OCI_MANIFEST, { ...manifest, manifests: index.manifests }),
      error: { code: "manifest-invalid", side: "source" },
    },
    {
      what: "says that it is of another type",
      prepare: tagged(OCI_MANIFEST, { ...manifest, mediaType: OCI_INDEX }),
      error: { code: "manifest-invalid", side: "source" },
    },
    {
      what: "has a layer of less than no bytes",
      prepare: tagged(OCI_MANIFEST, { ...manifest, layers: [{ ...config, size: -1 }] }),
      error: { code: "manifest-invalid", side: "source" },
    },
    {
      what: "has a layer whose digest is none",
      prepare: tagged(OCI_MANIFEST, { ...manifest, layers: [{ ...config, digest: "sha256:../../x" }] }),
      error: { code: "manifest-invalid", side: "source" },
    },
    {
      what: "says that a layer with a digest has no bytes",
      prepare: tagged(OCI_MANIFEST, { ...manifest, config: { ...config, size: 0 } }),
      error: { code: "manifest-invalid", side: "source" },
    },
    {
      what: "is larger than any registry takes",
      prepare: tagged(OCI_MANIFEST, { ...manifest, annotations: { padding: "x".repeat(9 * 1024 * 1024) } }),
      error: { code: "manifest-invalid", side: "source" },
    },
    {
      what: "is of the first schema",
      prepare: tagged(SCHEMA_1, { schemaVersion: 1, name: "a/b", tag: "1.0", fsLayers: [], history: [], signatures: [] }),
      error: { code: "unsupported", side: "source" },
    },
  ])("$what", expectRefused);
});
