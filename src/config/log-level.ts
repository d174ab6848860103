/** Reads `LOG_LEVEL`, the lowest level at which events are logged. */
import { ConfigError } from "./config-error.ts";
import type { Variables } from "./variables.ts";

const LEVELS = ["info", "warn", "error", "off"] as const;

/** Returns the level, `info` where none is set; throws a {@link ConfigError} for any other text. */
export function readLogLevel(variables: Variables): (typeof LEVELS)[number] {
  const value = variables.LOG_LEVEL ?? "";
  const level = value === "" ? "info" : LEVELS.find((one) => one === value);
  if (level === undefined) {
    throw new ConfigError("LOG_LEVEL", "#", `must be one of ${LEVELS.map((one) => `"${one}"`).join(", ")}`);
  }
  return level;
}
