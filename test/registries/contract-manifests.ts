/** The contract's cases for manifests and tags. */
import { sha256 } from "../support/registry/digest.ts";
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from "../support/registry/manifest-rules.ts";
import type { Case, Expected, Step } from "./contract-case.ts";
import {
  DOCKER_IMAGE,
  DOCUMENTS,
  descriptor,
  IMAGE,
  INDEX,
  LIST,
  MISSING_DIGEST,
  ociManifest,
  REPOSITORY,
  type StoredDocument,
} from "./contract-content.ts";

const AT = `/v2/${REPOSITORY}/manifests`;
const ALL = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST].join(", ");
const UNKNOWN: Expected = { status: 404, code: "MANIFEST_UNKNOWN" };

function answers({ mediaType, digest, bytes }: StoredDocument): Expected {
  const headers = {
    "content-type": mediaType,
    "docker-content-digest": digest,
    "content-length": String(bytes.length),
    etag: `"${digest}"`,
  };
  return { status: 200, headers, body: bytes };
}

function get(reference: string, accept: string | undefined, expected: Expected): Step {
  return { method: "GET", path: `${AT}/${reference}`, headers: accept === undefined ? {} : { accept }, expected };
}

function put(tag: string, mediaType: string, document: unknown, expected: Expected): Step {
  const body = typeof document === "string" ? document : JSON.stringify(document);
  return { method: "PUT", path: `${AT}/${tag}`, headers: { "content-type": mediaType }, body, expected };
}

function taken(document: unknown): Expected {
  const digest = sha256(JSON.stringify(document));
  return {
    status: 201,
    headers: { "docker-content-digest": digest, location: new RegExp(`/manifests/${digest}$`), "content-length": "0" },
  };
}

function refused(name: string, mediaType: string, document: unknown, code = "MANIFEST_INVALID"): Case {
  return { name: `refused: ${name}`, steps: [put("refused", mediaType, document, { status: 400, code }), get("refused", ALL, UNKNOWN)] };
}

const missingLayer = { layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: MISSING_DIGEST, size: 5 }] };
const missingConfig = { config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: MISSING_DIGEST, size: 5 } };
const emptyIndex = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] as unknown[] };
const withoutType = ociManifest({ mediaType: undefined });
const withoutLayers = ociManifest({ layers: [] });
const withSubject = ociManifest({ subject: descriptor(OCI_MANIFEST, IMAGE.bytes) });
const short = ociManifest({ annotations: { deleted: "yes" } });

export const MANIFEST_CASES: readonly Case[] = [
  ...DOCUMENTS.map(
    (document): Case => ({
      name: `${document.tag} comes as it was put`,
      steps: [
        get(document.tag, ALL, answers(document)),
        get(document.digest, ALL, answers(document)),
        { ...get(document.tag, ALL, { ...answers(document), body: "" }), method: "HEAD" },
      ],
    }),
  ),
  {
    name: "manifests that are not there",
    steps: [
      get("nothing", ALL, UNKNOWN),
      get(MISSING_DIGEST, ALL, UNKNOWN),
      { ...get("nothing", ALL, { status: 404, body: "" }), method: "HEAD" },
      { method: "GET", path: "/v2/contract/none/manifests/latest", expected: UNKNOWN },
      { method: "GET", path: `${AT}/${"t".repeat(129)}`, expected: { status: 404, body: "404 page not found\n" } },
    ],
  },
  {
    name: "types that are not accepted",
    steps: [
      get(IMAGE.tag, undefined, UNKNOWN),
      get(IMAGE.tag, "*/*", UNKNOWN),
      get(IMAGE.digest, DOCKER_MANIFEST, UNKNOWN),
      get(INDEX.tag, OCI_MANIFEST, UNKNOWN),
      get(IMAGE.tag, `${OCI_MANIFEST};q=0.5, ${DOCKER_MANIFEST}`, answers(IMAGE)),
    ],
  },
  {
    name: "a Docker list that is not accepted is its child for linux/amd64, by tag alone",
    steps: [get(LIST.tag, DOCKER_MANIFEST, answers(DOCKER_IMAGE)), get(LIST.digest, DOCKER_MANIFEST, answers(LIST))],
  },
  { name: "by digest", steps: [{ ...put(IMAGE.digest, OCI_MANIFEST, IMAGE.bytes.toString(), { status: 201 }) }] },
  { name: "without mediaType, where it is OCI", steps: [put("typeless", OCI_MANIFEST, withoutType, taken(withoutType))] },
  { name: "without layers", steps: [put("bare", OCI_MANIFEST, withoutLayers, taken(withoutLayers))] },
  { name: "an index of nothing", steps: [put("empty", OCI_INDEX, emptyIndex, taken(emptyIndex))] },
  {
    name: "with a subject",
    steps: [
      {
        ...put("referrer", OCI_MANIFEST, withSubject, { ...taken(withSubject), headers: { "oci-subject": undefined } }),
        strict: { ...taken(withSubject), headers: { "oci-subject": IMAGE.digest } },
      },
      {
        method: "GET",
        path: `/v2/${REPOSITORY}/referrers/${IMAGE.digest}`,
        expected: { status: 404, body: "404 page not found\n" },
        strict: { status: 200, headers: { "content-type": OCI_INDEX }, body: new RegExp(sha256(JSON.stringify(withSubject))) },
      },
    ],
  },
  refused("a layer that is not there", OCI_MANIFEST, ociManifest(missingLayer), "MANIFEST_BLOB_UNKNOWN"),
  refused("a config that is not there", OCI_MANIFEST, ociManifest(missingConfig), "MANIFEST_BLOB_UNKNOWN"),
  refused(
    "a child that is not there",
    OCI_INDEX,
    { ...emptyIndex, manifests: [{ mediaType: OCI_MANIFEST, digest: MISSING_DIGEST, size: 5 }] },
    "MANIFEST_BLOB_UNKNOWN",
  ),
  refused("no JSON", OCI_MANIFEST, "{"),
  refused("another mediaType", OCI_MANIFEST, ociManifest({ mediaType: DOCKER_MANIFEST })),
  refused("an index and a manifest in one", OCI_MANIFEST, ociManifest({ manifests: [] })),
  refused("text/plain", "text/plain", ociManifest()),
  refused("application/json", "application/json", ociManifest()),
  refused("more than 4 MiB", OCI_MANIFEST, ociManifest({ annotations: { long: "z".repeat(4 * 1024 * 1024) } })),
  {
    name: "refused: another digest than the bytes have",
    steps: [put(MISSING_DIGEST, OCI_MANIFEST, ociManifest(), { status: 400, code: "DIGEST_INVALID" }), get(MISSING_DIGEST, ALL, UNKNOWN)],
  },
  {
    name: "tags",
    steps: [
      { method: "GET", path: "/v2/contract/none/tags/list", expected: { status: 404, code: "NAME_UNKNOWN" } },
      ...DOCUMENTS.map(
        ({ tag }): Step => ({
          method: "GET",
          path: `/v2/${REPOSITORY}/tags/list`,
          expected: {
            status: 200,
            headers: { "content-type": /^application\/json/ },
            body: new RegExp(`"name":"${REPOSITORY}","tags":\\[.*"${tag}"`),
          },
        }),
      ),
    ],
  },
  {
    name: "tags in pages",
    onlyStrict: "distribution 2.8 has no pages",
    steps: [
      {
        method: "GET",
        path: `/v2/${REPOSITORY}/tags/list?n=1&last=docker-image`,
        expected: {
          status: 200,
          body: /"tags":\["docker-list"\]/,
          headers: { link: /^<\/v2\/contract\/full\/tags\/list\?last=docker-list&n=1>; rel="next"$/ },
        },
      },
    ],
  },
  {
    name: "deleting",
    steps: [
      put("short", OCI_MANIFEST, short, taken(short)),
      {
        method: "DELETE",
        path: `${AT}/short`,
        expected: { status: 400, code: "DIGEST_INVALID" },
        strict: { status: 202 },
      },
      { method: "DELETE", path: `${AT}/${sha256(JSON.stringify(short))}`, expected: { status: 202 } },
      get("short", ALL, UNKNOWN),
      get(sha256(JSON.stringify(short)), ALL, UNKNOWN),
      { method: "DELETE", path: `${AT}/${sha256(JSON.stringify(short))}`, expected: UNKNOWN },
    ],
  },
];
