import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Platform } from "../../../src/oci/descriptor.ts";
import { formatPlatform, InvalidPlatform, matchesPlatform, parsePlatform, platformKey } from "../../../src/oci/platform.ts";

describe("parsePlatform", () => {
  it.each([
    ["linux/amd64", "linux/amd64"],
    ["linux/amd64/v1", "linux/amd64"],
    ["linux/amd64/v3", "linux/amd64/v3"],
    ["linux/x86_64", "linux/amd64"],
    ["linux/x86-64", "linux/amd64"],
    ["linux/i386", "linux/386"],
    ["Linux/AArch64", "linux/arm64"],
    ["linux/arm64/v8", "linux/arm64"],
    ["linux/arm64/8", "linux/arm64"],
    ["linux/arm64/v8.0", "linux/arm64"],
    ["linux/arm64/v9", "linux/arm64/v9"],
    ["linux/arm64/9", "linux/arm64/v9"],
    ["linux/arm64/v9.0", "linux/arm64/v9"],
    ["linux/arm64/v8.2", "linux/arm64/v8.2"],
    ["linux/arm", "linux/arm/v7"],
    ["linux/arm/6", "linux/arm/v6"],
    ["linux/arm/v5", "linux/arm/v5"],
    ["linux/armhf", "linux/arm/v7"],
    ["linux/armel", "linux/arm/v6"],
    ["linux/s390x", "linux/s390x"],
    ["macos/arm64", "darwin/arm64"],
    ["unknown/unknown", "unknown/unknown"],
    ["windows/amd64:10.0.17763.6054", "windows/amd64:10.0.17763.6054"],
    ["Windows/arm64/v8:10.0", "windows/arm64:10.0"],
  ])("%s is %s", (text, expected) => {
    expect(formatPlatform(parsePlatform(text))).toBe(expected);
  });

  it.each([
    "",
    "linux",
    "/",
    "linux/",
    "/amd64",
    "linux/arm/v7/x",
    "linux/arm/",
    "linux /amd64",
    "linux/amd 64",
    "linux/ämd64",
    "linux,amd64",
    "windows/amd64:",
    "windows:10.0/amd64",
    "windows/amd64:10.0:1",
  ])("refuses %j", (text) => {
    expect(() => parsePlatform(text)).toThrow(InvalidPlatform);
  });

  it("throws nothing but InvalidPlatform, and what it takes it takes again as the same", () => {
    const part = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom("linux", "arm", "arm64", "v8", "7", "amd64"));
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 4 }).map((parts) => parts.join("/")),
        (text) => {
          let platform: Platform;
          try {
            platform = parsePlatform(text);
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidPlatform);
            return;
          }
          expect(parsePlatform(formatPlatform(platform))).toEqual(platform);
          expect(matchesPlatform(platform, platform)).toBe(true);
        },
      ),
    );
  });
});

describe("matchesPlatform", () => {
  it.each<[string, Platform, boolean]>([
    ["linux/arm64", { os: "linux", architecture: "arm64" }, true],
    ["linux/arm64", { os: "linux", architecture: "arm64", variant: "v8" }, true],
    ["linux/arm64/v8", { os: "linux", architecture: "arm64" }, true],
    ["linux/arm64", { os: "linux", architecture: "arm64", variant: "v9" }, false],
    ["linux/arm", { os: "linux", architecture: "arm", variant: "v7" }, true],
    ["linux/arm", { os: "linux", architecture: "arm", variant: "v6" }, false],
    ["linux/arm/v7", { os: "linux", architecture: "arm" }, true],
    ["linux/amd64", { os: "linux", architecture: "amd64", variant: "v2" }, false],
    ["linux/amd64", { os: "windows", architecture: "amd64" }, false],
    ["windows/amd64", { os: "windows", architecture: "amd64", "os.version": "10.0.17763.1" }, true],
    ["linux/amd64", { os: "unknown", architecture: "unknown" }, false],
  ])("%s and %j: %s", (wanted, actual, expected) => {
    expect(matchesPlatform(parsePlatform(wanted), actual)).toBe(expected);
  });

  it("asks for the version of the system only where one is wanted", () => {
    const wanted: Platform = { os: "windows", architecture: "amd64", "os.version": "10.0.1" };
    expect(matchesPlatform(wanted, { ...wanted })).toBe(true);
    expect(matchesPlatform(wanted, { os: "windows", architecture: "amd64" })).toBe(false);
    expect(matchesPlatform(wanted, { ...wanted, "os.version": "10.0.1.2582" })).toBe(true);
    expect(matchesPlatform(wanted, { ...wanted, "os.version": "10.0.17" })).toBe(false);
  });
});

describe("platformKey", () => {
  const os = "linux";

  it.each<[Platform, string]>([
    [{ os, architecture: "arm64" }, "linux/arm64"],
    [{ os, architecture: "arm64", variant: "v8" }, "linux/arm64"],
    [{ os, architecture: "aarch64", variant: "8" }, "linux/arm64"],
    [{ os, architecture: "arm64", variant: "v9" }, "linux/arm64/v9"],
    [{ os, architecture: "arm" }, "linux/arm/v7"],
    [{ os, architecture: "arm", variant: "7" }, "linux/arm/v7"],
    [{ os, architecture: "arm", variant: "v6" }, "linux/arm/v6"],
    [{ os, architecture: "amd64", variant: "v1" }, "linux/amd64"],
    [{ os, architecture: "amd64", variant: "v3" }, "linux/amd64/v3"],
    [{ os: "Windows", architecture: "amd64", "os.version": "10.0.1" }, "windows/amd64:10.0.1"],
    [{ os: "unknown", architecture: "unknown" }, "unknown/unknown"],
  ])("of %j is %s", (platform, expected) => {
    expect(platformKey(platform)).toBe(expected);
  });

  it("is the same where each platform is what the other asks for, and only there", () => {
    const platform = fc.record<Platform>(
      {
        os: fc.constantFrom("linux", "Linux", "windows", "macos", "darwin"),
        architecture: fc.constantFrom("arm", "armhf", "armel", "arm64", "aarch64", "amd64", "x86_64", "386", "i386", "s390x"),
        variant: fc.constantFrom("", "5", "v5", "v6", "7", "v7", "8", "v8", "v8.0", "9", "v9", "v1", "v3"),
        "os.version": fc.constantFrom("", "10.0", "10.0.1", "10.0.17"),
      },
      { requiredKeys: ["os", "architecture"] },
    );
    fc.assert(
      fc.property(platform, platform, (left, right) => {
        const isSame = matchesPlatform(left, right) && matchesPlatform(right, left);
        expect(platformKey(left) === platformKey(right)).toBe(isSame);
      }),
      { numRuns: 2_000 },
    );
  });
});
