/** Platforms as text, and whether two mean the same machine. Spellings are brought together as containerd does (`platforms.Normalize`, database.go). */
import type { Platform } from "./descriptor.ts";

/** A text that is no platform. */
export class InvalidPlatform extends Error {
  override readonly name = "InvalidPlatform";
}

/** Longest text that is read, in characters. Real platforms have some 30. */
const MAX_TEXT_LENGTH = 200;

const PART = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * Parses `os/arch[/variant][:os.version]` into the one spelling of its meaning: `Linux/aarch64` is `linux/arm64`. The version's form is
 * crane's: `windows/amd64:10.0.17763`. Throws {@link InvalidPlatform}.
 */
export function parsePlatform(text: string): Platform {
  const [machine = "", version, ...more] = text.length > MAX_TEXT_LENGTH ? [] : text.split(":");
  const parts = machine.split("/");
  const [os, architecture, variant] = parts;
  const named = version === undefined ? parts : [...parts, version];
  if (os === undefined || architecture === undefined || parts.length > 3 || more.length > 0 || !named.every((part) => PART.test(part))) {
    throw new InvalidPlatform("A platform is os/architecture or os/architecture/variant, such as linux/amd64 or linux/arm/v7");
  }
  return normalized({
    os,
    architecture,
    ...(variant !== undefined && { variant }),
    ...(version !== undefined && { "os.version": version }),
  });
}

/** The platform as text: `os/arch[/variant][:os.version]`, in the spelling it has. For people; two spellings of one platform are two texts. */
export function formatPlatform(platform: Platform): string {
  const variant = platform.variant ? `/${platform.variant}` : "";
  const version = platform["os.version"] ? `:${platform["os.version"]}` : "";
  return `${platform.os}/${platform.architecture}${variant}${version}`;
}

/**
 * The platform as text in the one spelling of its meaning, so that two platforms are the same exactly where their keys are: `linux/arm64/v8` has the
 * key `linux/arm64`, `linux/arm` has `linux/arm/v7`. Versions count as they are written: `windows/amd64:10.0.1` and `windows/amd64` are two.
 */
export function platformKey(platform: Platform): string {
  return formatPlatform(normalized(platform));
}

/**
 * Whether an index child for `actual` is what `wanted` asks for: the same system, architecture and variant, where a missing variant
 * is the architecture's usual one (`arm64` is `arm64/v8`, `arm` is `arm/v7`, `amd64` is `amd64/v1`). `os.version` matters only where
 * wanted, and then as far as it is given: a wanted `10.0.17763` matches any patch of it, such as `10.0.17763.6054`.
 */
export function matchesPlatform(wanted: Platform, actual: Platform): boolean {
  const left = normalized(wanted);
  const right = normalized(actual);
  return (
    left.os === right.os &&
    left.architecture === right.architecture &&
    left.variant === right.variant &&
    (left["os.version"] === undefined || `${right["os.version"] ?? ""}.`.startsWith(`${left["os.version"]}.`))
  );
}

/** Lower case, one name for each architecture, and no variant where it is the usual one (except `arm`, which always has one). */
function normalized(platform: Platform): Platform {
  const os = platform.os.toLowerCase();
  const [architecture, variant] = normalizedMachine(platform.architecture.toLowerCase(), (platform.variant ?? "").toLowerCase());
  const version = platform["os.version"];
  return { os: os === "macos" ? "darwin" : os, architecture, ...(variant && { variant }), ...(version && { "os.version": version }) };
}

function normalizedMachine(architecture: string, variant: string): [architecture: string, variant: string] {
  switch (architecture) {
    case "i386":
      return ["386", ""];
    case "amd64":
    case "x86_64":
    case "x86-64":
      return ["amd64", variant === "v1" ? "" : variant];
    case "arm64":
    case "aarch64":
      return ["arm64", arm64Variant(variant)];
    case "armhf":
      return ["arm", "v7"];
    case "armel":
      return ["arm", "v6"];
    case "arm":
      return ["arm", variant === "" ? "v7" : variant.replace(/^(?=[5-8]$)/, "v")];
    default:
      return [architecture, variant];
  }
}

function arm64Variant(variant: string): string {
  switch (variant) {
    case "8":
    case "v8":
    case "v8.0":
      return "";
    case "9":
    case "9.0":
    case "v9.0":
      return "v9";
    default:
      return variant;
  }
}

/** Whether two platforms are of one system and architecture, whatever their variant and version. */
export function isSameMachine(left: Platform, right: Platform): boolean {
  const machine = ({ os, architecture }: Platform): Platform => ({ os, architecture });
  return matchesPlatform(machine(left), machine(right));
}
