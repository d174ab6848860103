/**
 * The ways in which registries differ, each a switch. The default of every switch is the strictest reading of the
 * distribution spec; Qn names the note on the registries that behave otherwise.
 */
import type { ErrorStyle } from "./answer.ts";

export interface Quirks {
  // ---- reading blobs
  /** What a Range request for a blob gets: the range, everything (Q61), the range one byte further, a 206 without Content-Range, with everything too (`whole-as-206`), or with `*` as total (Q62), 416, or 400 (Q63). */
  blobRange: "honoured" | "ignored" | "shifted" | "no-content-range" | "whole-as-206" | "no-total" | 416 | 400;
  /** HEAD of a blob: answered, 403 or 405 whether or not it is there (Q59). */
  blobHead: "answered" | 403 | 405;
  /** HEAD of a blob without Content-Length (Q60). */
  blobHeadLength: boolean;
  /** GET of a blob without Content-Length: sent as chunks (Q65). */
  blobLength: boolean;
  /** Bodies of blobs come gzipped, with Content-Encoding, whatever the request accepts (Q67). */
  blobGzip: boolean;
  /** GET of a blob: served here, or redirected with this status to the storage host, which refuses any Authorization (Q54, Q56). `head` also redirects HEAD, to an address that is signed for GET only (Q59); `login`: the storage host wants an anonymous token of its own (Q57). */
  blobRedirect: false | { status: 301 | 302 | 303 | 307 | 308; head?: boolean; relative?: boolean; login?: boolean };

  // ---- uploads
  /** Form of upload Locations: `bare` is the last path segment alone, `other-path` is outside /v2/ (Q72), `other-host` is the storage host, which refuses any Authorization (Q50, Q76), `no-port` drops the port (Q74). */
  uploadLocation: "absolute" | "relative" | "bare" | "other-path" | "other-host" | "no-port";
  /** Whether PATCH answers name a new Location; `false`: they name none (Q75). */
  patchLocation: boolean;
  /** What PATCH and PUT at a Location that is no longer the newest get: 416 with the newest, nothing special, or 404 and the end of the session (distribution 2.8). The last also holds for GET. */
  staleLocation: "refused" | "tolerated" | "fatal";
  /** Status of a good PATCH (Q83). */
  patchStatus: 202 | 201 | 204;
  /** Status of a good closing PUT (Q84). */
  blobPutStatus: 201 | 202 | 204 | 200;
  /** Form of the Range header of upload answers (Q85, Q88). */
  rangeForm: "0-N" | "bytes=0-N" | "absent";
  /** Range header of an upload that holds nothing (Q86). */
  emptyRange: "0-0" | "0--1" | "absent";
  /** The Range header stays at the end of the first chunk (Q87). */
  rangeStuck: boolean;
  /** Content-Range on PATCH: checked where it is sent, checked and needed from the second PATCH on (Q96), or not looked at (distribution 2.8). */
  contentRange: "checked" | "required" | "ignored";
  /** A Content-Type other than application/octet-stream on an upload's body: refused with 415, refused with 500 on PATCH alone (distribution 2.8, Q82), or not looked at. */
  uploadContentType: "checked" | "fatal-on-patch" | "ignored";
  /** Bodies of PATCH and PUT need a Content-Length; without one 411 or 400 CONTENT_LENGTH_INVALID (Q93, Q98). `false`: chunked transfer coding will do, except with Content-Range. */
  lengthRequired: false | 411 | 400;
  /** Announced as OCI-Chunk-Min-Length; a smaller chunk that is not the last ends the upload with 400 SIZE_INVALID (Q89, Q91). Bytes. */
  chunkMinLength: number;
  /** Announced as OCI-Chunk-Max-Length; a larger PATCH gets 416 (Q92). Bytes. */
  chunkMaxLength: number;
  /** Whether those two limits are announced; `false`: they are found out (Q91, Q92). */
  chunkLimitsAnnounced: boolean;
  /** All chunks but the last must be of one size, no chunk a single byte, and the closing PUT's body is ignored once there are chunks (Q90). */
  chunksEqual: boolean;
  /** PATCH: taken, or refused with 405 UNSUPPORTED (Q94). */
  patch: boolean;
  /** PUT with a body and no PATCH before: taken, 404 BLOB_UPLOAD_UNKNOWN (Q95), or 413 above this many bytes (Q93). */
  monolithic: "taken" | 404 | number;
  /** POST with `?digest=` and the blob as body: taken as a whole, or answered as a POST that starts a session (Q79). */
  singlePost: "session" | "taken";
  /** GET of an upload's state: answered, or 404 or 405. */
  uploadStatus: "answered" | 404 | 405;
  /** Zero-length blobs are refused with 400 (Q69). */
  emptyBlob: boolean;
  /** Mounts: done, answered as the start of an upload with or without a Location (Q108), or refused with this status (Q110, Q111). */
  mount: "done" | "session" | "session-without-location" | 400 | 401 | 404 | 405;
  /** Any request body above this many bytes gets a proxy's 413 page (Q97). */
  maxBody: number;
  /** Blobs and manifests can be named by sha512; else they are refused with 400 DIGEST_INVALID (Q135). */
  sha512: boolean;

  // ---- manifests, tags, referrers
  /** Docker-Content-Digest on manifest answers (Q115). */
  contentDigest: "sent" | "absent" | "bare-hex" | "wrong";
  /** Content-Type of manifest answers (Q117, Q118). */
  manifestType: "exact" | "with-parameter" | "text/plain" | "application/octet-stream" | "absent";
  /** Manifest bodies come gzipped, with Content-Encoding (Q67). */
  manifestGzip: boolean;
  /** Lists, errors and token answers come gzipped, with Content-Encoding (Q67). */
  jsonGzip: boolean;
  /** HEAD of a manifest: answered, or this status whether or not it is there (Q59). */
  manifestHead: "answered" | 403 | 405 | 501;
  /** HEAD of a manifest with the right Content-Length, none, or 0 (Q121). */
  manifestHeadLength: "right" | "absent" | "zero";
  /** Status of a good manifest PUT (Q127). */
  manifestPutStatus: 201 | 200 | 202;
  /** Largest manifest taken; above it 400 MANIFEST_INVALID (Q120). Bytes. */
  manifestMaxBytes: number;
  /** An index may name children that are not there (Q126). */
  sparseIndexes: boolean;
  /** A manifest PUT by digest may give it tags too (`?tag=`, answered with OCI-Tag; distribution-spec's next version). */
  tagParameter: boolean;
  /** The media types taken by manifest PUT: all, or Docker's only. */
  manifestTypes: "all" | "docker";
  /** Config media types that are refused with MANIFEST_INVALID (Q125). */
  refusedConfigTypes: readonly string[];
  /** What a tag that exists gets on PUT: overwritten, or refused in the manner of ECR (400 TAG_INVALID, the same digest too), ACR (405, likewise), Harbor (412), Quay (409) or others (403), where it would change (Q128). */
  existingTag: "overwritten" | "ecr" | "harbor" | "denied" | "quay" | "acr";
  /** Referrers API: there, or answered in the ways in which registries lack it (Q131). */
  referrers: "answered" | 404 | 400 | 401 | 406 | "html";
  /** Largest page of the referrers list; `0` means no paging at all. */
  referrersPage: number;
  /** PUT of a manifest with a subject is confirmed by OCI-Subject where there is a referrers API (Q129). */
  subjectHeader: boolean;
  /** A tag of the form `sha256-<hex>` that is not there gives the manifest of that digest (GitLab; oras-go#1396). */
  digestTags: "tags" | "digests";
  /** Largest page of the tags list; `0` means no paging at all (distribution 2.8). */
  tagPage: number;
  /** What follows a page of the tags list: the next one, or the first again, at an address that is new each time (Q143). */
  tagPages: "next" | "first-again";
  /** Form of the Link header: `bare` has neither brackets nor quotes, `no-port` loses the port as well, `other-host` names a host that nobody may be sent to (Q142, Q51). */
  linkForm: "relative" | "absolute" | "bare" | "no-port" | "other-host";
  /** The tags of a repository without any: `null`, or 404 NAME_UNKNOWN where it has no manifest either (Q144). */
  emptyTags: "null" | 404;
  /** The sizes that the list of referrers gives: right, or other ones (Q132). */
  referrersSize: "right" | "wrong";
  /** DELETE of a manifest by tag. */
  tagDelete: boolean;

  // ---- the rest
  /** How errors are worded (Q138). */
  errorStyle: ErrorStyle;
  /** Repositories come into being on push, or must have been made before: then manifests are 404 NAME_UNKNOWN, and an upload's POST ends the connection (Q80) or gets 404. */
  repositories: "on-push" | "must-exist-drop" | "must-exist-404";
}

/** Every switch at its strictest. */
export const STRICT: Readonly<Quirks> = {
  blobRange: "honoured",
  blobHead: "answered",
  blobHeadLength: true,
  blobLength: true,
  blobGzip: false,
  blobRedirect: false,
  uploadLocation: "absolute",
  patchLocation: true,
  staleLocation: "refused",
  patchStatus: 202,
  blobPutStatus: 201,
  rangeForm: "0-N",
  emptyRange: "0-0",
  rangeStuck: false,
  contentRange: "checked",
  uploadContentType: "checked",
  lengthRequired: false,
  chunkMinLength: 0,
  chunkMaxLength: 0,
  chunkLimitsAnnounced: true,
  chunksEqual: false,
  patch: true,
  monolithic: "taken",
  singlePost: "session",
  uploadStatus: "answered",
  emptyBlob: true,
  mount: "done",
  maxBody: 0,
  sha512: true,
  contentDigest: "sent",
  manifestType: "exact",
  manifestGzip: false,
  jsonGzip: false,
  manifestHead: "answered",
  manifestHeadLength: "right",
  manifestPutStatus: 201,
  manifestMaxBytes: 4 * 1024 * 1024,
  sparseIndexes: false,
  tagParameter: false,
  manifestTypes: "all",
  refusedConfigTypes: [],
  existingTag: "overwritten",
  referrers: "answered",
  referrersPage: 0,
  subjectHeader: true,
  digestTags: "tags",
  tagPage: 100,
  tagPages: "next",
  linkForm: "relative",
  emptyTags: 404,
  referrersSize: "right",
  tagDelete: true,
  errorStyle: "oci",
  repositories: "on-push",
};

/** What distribution 2.8 does otherwise: what the contract suite gives the fake where it stands beside that one. */
export const DISTRIBUTION_2_8: Readonly<Partial<Quirks>> = {
  staleLocation: "fatal",
  contentRange: "ignored",
  uploadContentType: "fatal-on-patch",
  referrers: 404,
  tagPage: 0,
  tagDelete: false,
};
