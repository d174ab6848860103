/** Converts a `regsync.yml` (regclient v0.11) to `SYNC` and `REGISTRIES`. Pure. */
import { parse } from "yaml";
import { type Conversion, type ConvertedEntry, emptyConversion, entryName, mapOf, textOf, textsOf, type YamlMap } from "./conversion.ts";
import { minutesOf, patternOf } from "./interval.ts";
import { convertCredentials } from "./regsync-creds.ts";

/** Keys of an entry or of `defaults` that need nothing here, because transship does it anyway. */
const NEEDLESS: ReadonlySet<string> = new Set(["fastCheck", "fastCopy", "parallel", "ratelimit", "cacheCount", "cacheTime", "blobLimit"]);

/** Keys that have no counterpart. */
const UNKNOWN: Readonly<Record<string, string>> = {
  backup: "a tag is not backed up before it is overwritten",
  hooks: "regsync itself never runs hooks; a callback tells when a job ends",
  mediaTypes: "every media type is copied",
  referrerFilters: "all referrers are copied",
  referrerSource: "referrers are read where the image is",
  referrerTarget: "referrers go where the image goes",
  referrerSlow: "a fallback tag is read where the API is missing",
  skipDockerConfig: "credentials come from REGISTRY_AUTH only",
  userAgent: "the user agent can't be set",
};

/** Keys that the conversion reads. */
const READ: ReadonlySet<string> = new Set([
  ...["source", "target", "type", "tags", "tagSets", "repos", "platform", "platforms", "schedule", "interval"],
  ...["digestTags", "referrers", "forceRecursive", "includeExternal"],
]);

/** Converts the file's text. Throws the YAML parser's error, with line and column, where it is no YAML. */
export function convertRegsync(text: string): Conversion {
  const file = mapOf(parse(text, { merge: true }));
  const conversion = emptyConversion();
  for (const [index, creds] of (Array.isArray(file.creds) ? file.creds : []).entries()) {
    convertCredentials(mapOf(creds), `creds[${index}]`, conversion);
  }
  const defaults = mapOf(file.defaults);
  noteKeys(defaults, "defaults", conversion);
  for (const [index, sync] of (Array.isArray(file.sync) ? file.sync : []).entries()) {
    noteKeys(mapOf(sync), `sync[${index}]`, conversion);
    convertSync({ ...defaults, ...mapOf(sync) }, `sync[${index}]`, conversion);
  }
  return conversion;
}

/** Says of each key that does not come over why; `x-…` is where the file keeps its anchors. */
function noteKeys(map: YamlMap, place: string, { notes }: Conversion): void {
  for (const key of Object.keys(map)) {
    if (!READ.has(key) && !NEEDLESS.has(key) && !key.startsWith("x-")) {
      notes.push(`${place}.${key}: ${UNKNOWN[key] ?? "is not known to this converter"}`);
    }
  }
}

function convertSync(sync: YamlMap, place: string, conversion: Conversion): void {
  const { notes, syncs } = conversion;
  const source = textOf(sync.source) ?? "";
  const target = textOf(sync.target) ?? "";
  const type = textOf(sync.type) ?? "image";
  if (source === "" || target === "") {
    notes.push(`${place}: left out, it has no ${source === "" ? "source" : "target"}`);
    return;
  }
  if (`${source}${target}`.includes("{{")) {
    notes.push(`${place}: left out, source and target can't be Go templates; write the names out`);
    return;
  }
  if (/^ocidir:/.test(source) || /^ocidir:/.test(target)) {
    notes.push(`${place}: left out, a folder (ocidir) can't be reached from a Worker`);
    return;
  }
  if (type === "registry") {
    notes.push(`${place}: left out, whole registries are not copied; write one entry for each repository`);
    return;
  }
  const schedule = scheduleOf(sync, place, notes);
  const options = optionsOf(sync);
  const filters = type === "repository" ? filtersOf(sync, place, notes) : [undefined];
  for (const tags of filters) {
    const entry: ConvertedEntry = { name: entryName(target, syncs), schedule, source, destination: target, ...options };
    syncs.push(tags === undefined ? entry : { ...entry, tags });
  }
}

/** A schedule wins over an interval, also the defaults' over the entry's own (regclient, `syncSetDefaults` in `cmd/regsync/config.go`). */
function scheduleOf(sync: YamlMap, place: string, notes: string[]): string {
  const schedule = textOf(sync.schedule);
  if (schedule !== undefined) {
    return schedule;
  }
  const interval = textOf(sync.interval);
  const minutes = interval === undefined ? undefined : minutesOf(interval);
  if (minutes === undefined || minutes <= 0) {
    notes.push(`${place}: has no schedule or interval that can be read; it runs each hour here`);
    return "0 * * * *";
  }
  const { pattern, exact } = patternOf(minutes);
  if (!exact) {
    notes.push(`${place}.interval: ${interval} is no cron pattern; it runs by "${pattern}" here`);
  }
  return pattern;
}

function optionsOf(sync: YamlMap): Record<string, unknown> {
  const platform = textOf(sync.platform);
  const platforms = textsOf(sync.platforms);
  return {
    ...(platform !== undefined ? { platforms: [platform], index: "single" } : platforms.length > 0 ? { platforms } : {}),
    ...(sync.referrers === true || sync.digestTags === true ? { referrers: true } : {}),
    ...(sync.forceRecursive === true ? { check: "deep" } : {}),
    ...(sync.includeExternal === true ? { foreignLayers: "copy" } : {}),
  };
}

/** The tag filters of a repository: `tags`, or one for each of `tagSets`, of which any may match. */
function filtersOf(sync: YamlMap, place: string, notes: string[]): unknown[] {
  if (sync.repos !== undefined) {
    notes.push(`${place}.repos: belongs to whole registries, and says nothing about a repository`);
  }
  const sets = Array.isArray(sync.tagSets) ? sync.tagSets.map(mapOf) : [];
  const own = sync.tags === undefined ? [] : [mapOf(sync.tags)];
  const filters = [...own, ...sets].map(filterOf);
  return filters.length === 0 ? ["all"] : filters;
}

/** Regexes are anchored in both; of several semver ranges any may match. */
function filterOf(tags: YamlMap): unknown {
  const include = textsOf(tags.allow).map((regex) => `/${regex}/`);
  const exclude = textsOf(tags.deny).map((regex) => `/${regex}/`);
  const semver = textsOf(tags.semverRange).join(" || ");
  const filter = {
    ...(include.length > 0 ? { include } : {}),
    ...(exclude.length > 0 ? { exclude } : {}),
    ...(semver === "" ? {} : { semver }),
  };
  return Object.keys(filter).length === 0 ? "all" : filter;
}
