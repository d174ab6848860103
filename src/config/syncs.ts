/** Reads `SYNC`: copies that are made on a schedule. */
import * as z from "zod/mini";
import type { RegistriesConfig } from "../registry/settings.ts";
import { type CopyRequest, readCopyRequest } from "../request/copy-request.ts";
import { callbackFault } from "./callbacks.ts";
import { ConfigError } from "./config-error.ts";
import { MAX_PATTERN_LENGTH, parseSchedule, type Schedule } from "./schedule.ts";
import { structuredAs, type Variables } from "./variables.ts";

/** One entry of `SYNC`. */
export interface SyncEntry {
  /** Unique. Names the entry in the jobs that it makes and in `/syncs/{name}/run`. */
  name: string;
  /** The cron pattern as it was given. */
  pattern: string;
  schedule: Schedule;
  request: CopyRequest;
}

/** Most entries. A Worker's variable holds 5 KB of text, so this many have to be a table in `wrangler.toml`. */
const MAX_SYNCS = 500;

const entry = z.looseObject({
  name: z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be 1 to 64 letters, digits, dots, dashes or underscores")),
  schedule: z.string().check(
    z.maxLength(MAX_PATTERN_LENGTH),
    z.superRefine((pattern, context) => {
      const fault = patternFault(pattern);
      if (fault !== undefined) {
        context.addIssue(`is not a cron pattern of five fields in UTC: ${fault}`);
      }
    }),
  ),
});

const SYNC = z.array(entry).check(z.maxLength(MAX_SYNCS));

/** Reads `SYNC`, whose entries take every option of `POST /copy`. Throws a {@link ConfigError} for the first fault. */
export function readSyncs(variables: Variables, registries: RegistriesConfig = {}): SyncEntry[] {
  const names = new Set<string>();
  return (structuredAs(variables, "SYNC", SYNC) ?? []).map(({ name, schedule, ...fields }, index) => {
    if (names.has(name)) {
      throw new ConfigError("SYNC", `#/${index}/name`, "must be unique");
    }
    names.add(name);
    const read = readCopyRequest(fields);
    if (!read.ok) {
      const [first] = read.faults;
      throw new ConfigError("SYNC", `#/${index}${first?.pointer.slice(1) ?? ""}`, first?.detail ?? "is not valid");
    }
    const { callback } = read.request;
    const refusal = callback === undefined ? undefined : callbackFault(callback.url, registries);
    if (refusal !== undefined) {
      throw new ConfigError("SYNC", `#/${index}/callback/url`, refusal);
    }
    return { name, pattern: schedule, schedule: parseSchedule(schedule), request: read.request };
  });
}

function patternFault(pattern: string): string | undefined {
  try {
    parseSchedule(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^CronPattern: /, "") : "it can't be read";
  }
}
