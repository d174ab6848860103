import { describe, expect, it } from "vitest";
import type { UploadPlan } from "../../../src/registry/profiles.ts";
import type { RegistrySettings } from "../../../src/registry/settings.ts";
import { type ChunkLimits, chunkLength, nextUploadPlan, pieceLength, uploadPlanFor } from "../../../src/registry/upload-plan.ts";

const MIB = 1024 * 1024;

describe("the plan to begin with", () => {
  it.each<[string, string, UploadPlan]>([
    ["an unknown host", "registry.example:5000", { way: "monolithic", chunkSize: 64 * MIB }],
    ["Docker Hub", "docker.io", { way: "monolithic", chunkSize: 64 * MIB }],
    ["Q92: GHCR", "ghcr.io", { way: "monolithic", chunkSize: 4 * MIB }],
    ["Q93: ACR", "acme.azurecr.io", { way: "chunked", chunkSize: 16 * MIB }],
    ["Q91: ECR", "123456789012.dkr.ecr.eu-west-1.amazonaws.com", { way: "monolithic", chunkSize: 8 * MIB }],
    ["Q91: ECR in China", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", { way: "monolithic", chunkSize: 8 * MIB }],
    ["Q91: ECR with FIPS", "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com", { way: "monolithic", chunkSize: 8 * MIB }],
    ["Q91: public ECR", "public.ecr.aws", { way: "monolithic", chunkSize: 8 * MIB }],
    ["Q94: Artifact Registry", "europe-docker.pkg.dev", { way: "monolithic", chunkSize: 0 }],
    ["Q94: Container Registry", "eu.gcr.io", { way: "monolithic", chunkSize: 0 }],
    ["a host that only ends alike", "notgcr.io", { way: "monolithic", chunkSize: 64 * MIB }],
    ["Q90: serverless-registry", "r2-registry.acme.workers.dev", { way: "chunked", chunkSize: 64 * MIB }],
  ])("%s", (_, registry, plan) => {
    expect(uploadPlanFor(registry, undefined)).toEqual(plan);
  });

  it.each<[RegistrySettings, string, UploadPlan]>([
    [{ upload: "auto" }, "ghcr.io", { way: "monolithic", chunkSize: 4 * MIB }],
    [{ chunkSize: 2 * MIB }, "ghcr.io", { way: "monolithic", chunkSize: 2 * MIB }],
    [{ upload: "chunked" }, "ghcr.io", { way: "chunked", chunkSize: 4 * MIB }],
    [{ upload: "chunked" }, "eu.gcr.io", { way: "chunked", chunkSize: 64 * MIB }],
    [{ upload: "chunked", chunkSize: 5 * MIB }, "r.example", { way: "chunked", chunkSize: 5 * MIB }],
    [{ upload: "monolithic" }, "acme.azurecr.io", { way: "monolithic", chunkSize: 0 }],
    [{ upload: "monolithic", chunkSize: MIB }, "acme.azurecr.io", { way: "monolithic", chunkSize: MIB }],
    [{ upload: "patch" }, "acme.azurecr.io", { way: "stream-patch", chunkSize: 16 * MIB }],
    [{ profile: "artifactory-6" }, "registry.internal:5000", { way: "stream-patch", chunkSize: 64 * MIB }],
    [{ profile: "nginx" }, "ghcr.io", { way: "chunked", chunkSize: MIB }],
    [{ profile: "acr", chunkSize: 2 * MIB }, "registry.internal", { way: "chunked", chunkSize: 2 * MIB }],
  ])("with %o at %s", (settings, registry, plan) => {
    expect(uploadPlanFor(registry, settings)).toEqual(plan);
  });
});

describe("the plan after a refusal", () => {
  const whole: UploadPlan = { way: "monolithic", chunkSize: 64 * MIB };
  const patch: UploadPlan = { way: "stream-patch", chunkSize: 64 * MIB };
  const chunks: UploadPlan = { way: "chunked", chunkSize: 64 * MIB };

  const none: UploadPlan = { way: "monolithic", chunkSize: 0 };

  it.each<[string, UploadPlan, number, string | undefined, UploadPlan | undefined]>([
    ["Q97: a body too large", whole, 413, undefined, chunks],
    ["Q92: a PATCH too large", patch, 416, undefined, chunks],
    ["Q93: no length", whole, 400, "CONTENT_LENGTH_INVALID", chunks],
    ["Q97: a chunk too large", chunks, 413, undefined, { way: "chunked", chunkSize: 8 * MIB }],
    ["Q97: a smaller one too", { way: "chunked", chunkSize: 8 * MIB }, 413, undefined, { way: "chunked", chunkSize: MIB }],
    ["Q97: the smallest too", { way: "chunked", chunkSize: MIB }, 413, undefined, undefined],
    ["Q95: a PUT with a body", whole, 404, "BLOB_UNKNOWN", patch],
    ["Q95: the same without a code", whole, 404, undefined, patch],
    ["Q103: a session that was lost", whole, 404, "BLOB_UPLOAD_UNKNOWN", undefined],
    ["a PUT that is not there", whole, 405, "UNSUPPORTED", patch],
    ["Q94: a PATCH that is not there", patch, 405, "UNSUPPORTED", none],
    ["Q94: a chunk that is not there", chunks, 501, undefined, none],
    ["any other fault", whole, 400, "DIGEST_INVALID", undefined],
    ["a denial", whole, 403, "DENIED", undefined],
    ["Q94: no chunks, too large", { way: "monolithic", chunkSize: 0 }, 413, undefined, undefined],
    ["Q94: no chunks, no PUT", { way: "monolithic", chunkSize: 0 }, 404, undefined, undefined],
  ])("%s", (_, plan, status, code, next) => {
    expect(nextUploadPlan(plan, { method: plan.way === "monolithic" ? "PUT" : "PATCH", status, code, size: 100 * MIB })).toEqual(next);
  });

  it.each<[string, UploadPlan, number, UploadPlan | undefined]>([
    ["leaves out what would send as much again", whole, 20 * MIB, { way: "chunked", chunkSize: 8 * MIB }],
    ["goes as far as it must", whole, 5 * MIB, { way: "chunked", chunkSize: MIB }],
    ["is none for what fits the smallest chunk", whole, MIB, undefined],
  ])("Q97: %s", (_, plan, size, next) => {
    expect(nextUploadPlan(plan, { method: "PUT", status: 413, size })).toEqual(next);
  });

  it("comes to an end whatever a registry answers", () => {
    for (const status of [413, 416, 404, 405]) {
      let plan: UploadPlan | undefined = whole;
      let steps = 0;
      for (
        ;
        plan !== undefined;
        plan = nextUploadPlan(plan, { method: plan.way === "monolithic" ? "PUT" : "PATCH", status, size: 1024 * MIB })
      ) {
        steps++;
      }
      expect(steps).toBeLessThanOrEqual(4);
    }
  });
});

describe("the length of a chunk", () => {
  it.each<[string, UploadPlan["way"], number, ChunkLimits, number, number]>([
    ["as planned", "chunked", 100, {}, 1000, 100],
    ["Q89: not below the registry's least", "chunked", 100, { min: 250 }, 1000, 250],
    ["not above its most", "chunked", 100, { max: 50 }, 1000, 50],
    ["all in one, as planned", "stream-patch", 100, {}, 1000, 1000],
    ["all in one, but for its most", "stream-patch", 100, { max: 300 }, 1000, 300],
    ["Q90: no single byte at the end", "chunked", 100, {}, 301, 99],
    ["Q90: unless that went below the least", "chunked", 100, { min: 100 }, 301, 100],
    ["Q90: a blob that fits is no chunk", "chunked", 100, {}, 1, 100],
    ["a chunk has a byte", "stream-patch", 100, {}, 0, 1],
  ])("is %s", (_, way, chunkSize, limits, size, length) => {
    expect(chunkLength({ way, chunkSize }, limits, size)).toBe(length);
  });
});

describe("the length of a piece between two of which an upload can be left", () => {
  it.each<[string, number, ChunkLimits, number, number]>([
    ["a chunk of whole MiB", 64 * MIB, {}, 1000 * MIB, 64 * MIB],
    ["whole MiB below the chunk", 10_000_000, {}, 1000 * MIB, 9 * MIB],
    ["whole MiB below the most", 64 * MIB, { max: 100_000_000 - MIB }, 1000 * MIB, 64 * MIB],
    ["whole MiB above the least, where there is room", MIB, { min: 5_000_000, max: 100_000_000 }, 1000 * MIB, 5 * MIB],
    ["the least, where there is none", MIB, { min: 5_000_000, max: 5_000_001 }, 1000 * MIB, 5_000_000],
    ["a chunk of less than a MiB", 100_000, {}, 1000 * MIB, 100_000],
    ["Q90: whole MiB and no single byte at the end", 64 * MIB, {}, 128 * MIB + 1, 63 * MIB],
  ])("is %s", (_, chunkSize, limits, size, length) => {
    expect(pieceLength({ way: "monolithic", chunkSize }, limits, size)).toBe(length);
  });
});
