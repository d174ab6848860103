/** Reads descriptors out of a manifest's JSON (OCI image spec, descriptor.md). Everything that is not as it must be fails with `manifest-invalid`. */
import type { Descriptor, Platform } from "./descriptor.ts";
import { type Digest, parseDigest } from "./digest.ts";
import { CopyError } from "./errors.ts";
import { invalidField, isAbsent, isRecord, type JsonRecord, optionalString } from "./manifest-json.ts";
import { readPlatform } from "./platform-json.ts";

/** The media type of content that names none. The spec asks for one, but a copy does not depend on a blob's. */
const UNKNOWN_TYPE = "application/octet-stream";

/** Any digest's grammar, of known algorithms or not. */
const DIGEST_GRAMMAR = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]+$/;

/** Reads an array of at most `most` descriptors; `pointer` is its place in the document. */
export function parseDescriptors(value: unknown, pointer: string, most: number): Descriptor[] {
  if (!Array.isArray(value)) {
    throw invalidField(pointer, "is not an array");
  }
  if (value.length > most) {
    throw invalidField(pointer, `has more than ${most} entries`);
  }
  return value.map((entry, index) => parseDescriptor(entry, `${pointer}/${index}`));
}

/**
 * Reads one descriptor; `pointer` is its place in the document.
 *
 * Fails with `unsupported` for a well-formed digest of an unknown algorithm, and with `manifest-invalid` for anything else that is wrong.
 */
export function parseDescriptor(value: unknown, pointer: string): Descriptor {
  if (!isRecord(value)) {
    throw invalidField(pointer, isAbsent(value) ? "is missing" : "is not an object");
  }
  const descriptor: Descriptor = {
    mediaType: optionalString(value, "mediaType", pointer) || UNKNOWN_TYPE,
    digest: digestField(value.digest, `${pointer}/digest`),
    size: sizeField(value.size, `${pointer}/size`),
  };
  const platform = platformField(value.platform, `${pointer}/platform`);
  const urls = urlsField(value.urls, `${pointer}/urls`);
  const annotations = annotationsField(value.annotations, `${pointer}/annotations`);
  const data = optionalString(value, "data", pointer);
  const artifactType = optionalString(value, "artifactType", pointer);
  return {
    ...descriptor,
    ...(platform && { platform }),
    ...(urls && { urls }),
    ...(data !== undefined && { data }),
    ...(artifactType && { artifactType }),
    ...(annotations && { annotations }),
  };
}

function digestField(value: unknown, pointer: string): Digest {
  const digest = typeof value === "string" ? parseDigest(value) : undefined;
  if (digest !== undefined) {
    return digest;
  }
  if (typeof value === "string" && value.length <= 255 && DIGEST_GRAMMAR.test(value) && !/^sha(?:256|512):/.test(value)) {
    throw new CopyError({
      code: "unsupported",
      message: `The manifest names content by ${value.slice(0, value.indexOf(":"))}, at ${pointer}. Only sha256 and sha512 can be checked.`,
      retry: "never",
    });
  }
  throw invalidField(pointer, isAbsent(value) ? "is missing" : "is not a digest");
}

/** Past 2^53 a number is no longer the one that was written. */
function sizeField(value: unknown, pointer: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw invalidField(pointer, isAbsent(value) ? "is missing" : "is not a whole number of bytes from 0 to 2^53 - 1");
  }
  return value;
}

function platformField(value: unknown, pointer: string): Platform | undefined {
  if (isAbsent(value)) {
    return undefined;
  }
  if (!isRecord(value)) {
    throw invalidField(pointer, "is not an object");
  }
  return readPlatform(value, pointer);
}

function urlsField(value: unknown, pointer: string): string[] | undefined {
  if (isAbsent(value)) {
    return undefined;
  }
  if (!Array.isArray(value) || !value.every((url) => typeof url === "string")) {
    throw invalidField(pointer, "is not an array of strings");
  }
  return value;
}

function annotationsField(value: unknown, pointer: string): Readonly<Record<string, string>> | undefined {
  if (isAbsent(value)) {
    return undefined;
  }
  if (!isTextRecord(value)) {
    throw invalidField(pointer, "is not an object of strings");
  }
  return value;
}

/** Whether a value is what annotations must be. */
export function isTextRecord(value: unknown): value is JsonRecord & Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === "string");
}
