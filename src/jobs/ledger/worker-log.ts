/** The log of this Worker: lines to the console, from the configured level on. */
import type { Config } from "../../config/config.ts";
import { type EventLog, eventLog } from "./event-log.ts";

/** Returns the log that the configuration asks for. */
export function workerLog(config: Pick<Config, "logLevel">): EventLog {
  // biome-ignore lint/suspicious/noConsole: the Worker's log is where this is to go
  return eventLog(config.logLevel, (line) => console.log(line), Date.now);
}
