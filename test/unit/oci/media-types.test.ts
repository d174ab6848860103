import { describe, expect, it } from "vitest";
import * as mt from "../../../src/oci/media-types.ts";

describe("kinds", () => {
  it.each([
    [mt.OCI_INDEX, ["index", "manifest"]],
    [mt.DOCKER_LIST, ["index", "manifest"]],
    [mt.OCI_MANIFEST, ["image", "manifest"]],
    [mt.DOCKER_MANIFEST, ["image", "manifest"]],
    [mt.DOCKER_SCHEMA1, ["schema1", "manifest"]],
    [mt.DOCKER_SCHEMA1_SIGNED, ["schema1", "manifest"]],
    [mt.OCI_ARTIFACT_MANIFEST, ["manifest"]],
    [mt.OCI_CONFIG, []],
    ["application/vnd.oci.empty.v1+json", []],
    ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", ["nondistributable"]],
    ["application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", ["nondistributable"]],
    ["application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", ["nondistributable"]],
    ["application/vnd.oci.image.layer.nondistributable.v1.tar", ["nondistributable"]],
    ["application/vnd.oci.image.layer.v1.tar+gzip", []],
    ["", []],
  ])("%s is %j", (mediaType, kinds) => {
    const is = {
      index: mt.isIndex(mediaType),
      image: mt.isImageManifest(mediaType),
      schema1: mt.isSchema1(mediaType),
      manifest: mt.isManifest(mediaType),
      nondistributable: mt.isNondistributable(mediaType),
    };
    expect(Object.entries(is).flatMap(([kind, yes]) => (yes ? [kind] : []))).toEqual(kinds);
  });
});

describe("MANIFEST_ACCEPT", () => {
  it("names every manifest type once (Q113)", () => {
    const types = mt.MANIFEST_ACCEPT.split(", ");
    expect(new Set(types).size).toBe(types.length);
    const all = Object.values(mt).filter((value) => typeof value === "string" && mt.isManifest(value));
    expect(types.toSorted()).toEqual(all.toSorted());
  });
});

describe("essence", () => {
  it.each([
    [null, ""],
    ["", ""],
    ["application/json", "application/json"],
    ["application/vnd.oci.image.index.v1+json; charset=utf-8", mt.OCI_INDEX],
    ["application/vnd.oci.image.index.v1+json;charset=utf-8", mt.OCI_INDEX],
    ["  Application/Vnd.OCI.image.index.v1+JSON ;x=y;z", mt.OCI_INDEX],
    [";charset=utf-8", ""],
  ])("of %j is %j", (header, expected) => {
    expect(mt.essence(header)).toBe(expected);
  });
});
