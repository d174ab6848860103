/** What is entered in the form for a copy, and the request that it stands for. Pure. */
import type { CopyRequest, ShownRequest } from "../request/copy-request.ts";

type CallbackOptions = NonNullable<CopyRequest["callback"]>;

/** What a callback can be told of. */
export type CallbackEvent = NonNullable<CallbackOptions["events"]>[number];

/** What the form's fields hold, as it was typed or chosen. */
export interface CopyForm {
  source: string;
  /** One for each field, also the empty ones; at least one. */
  destinations: string[];
  /** Separated by commas or white space. */
  platforms: string;
  index: NonNullable<CopyRequest["index"]>;
  referrers: boolean;
  /** `one`: the tag that the source names; `filter`: those that the four conditions below let through. */
  tags: "one" | "all" | "filter";
  /** One pattern on each line. */
  include: string;
  exclude: string;
  semver: string;
  latest: string;
  overwrite: NonNullable<CopyRequest["overwrite"]>;
  check: NonNullable<CopyRequest["check"]>;
  stage: NonNullable<CopyRequest["stage"]>;
  foreignLayers: NonNullable<CopyRequest["foreignLayers"]>;
  labels: { name: string; value: string }[];
  callbackUrl: string;
  callbackFormat: NonNullable<CallbackOptions["format"]>;
  callbackEvents: CallbackEvent[];
}

/** The form as it is first shown: every option at its default. */
export const EMPTY_FORM: CopyForm = {
  source: "",
  destinations: [""],
  platforms: "",
  index: "sparse",
  referrers: false,
  tags: "one",
  include: "",
  exclude: "",
  semver: "",
  latest: "",
  overwrite: "always",
  check: "shallow",
  stage: "auto",
  foreignLayers: "skip",
  labels: [],
  callbackUrl: "",
  callbackFormat: "standard",
  callbackEvents: ["completed"],
};

/**
 * Returns the request that the form stands for. Nothing is checked here: the service does that. Options at their default, empty lines and empty rows are
 * left out.
 */
export function requestOf(form: CopyForm, isDryRun: boolean): Record<string, unknown> {
  const { index, overwrite, check, stage, foreignLayers, callbackUrl } = form;
  const platforms = form.platforms.split(/[\s,]+/).filter((text) => text !== "");
  const labels = form.labels.filter(({ name, value }) => name !== "" || value !== "").map(({ name, value }) => [name, value] as const);
  return {
    source: form.source.trim(),
    destination: form.destinations.map((text) => text.trim()).filter((_, row) => placeInRequest(form.destinations, row) !== undefined),
    ...(platforms.length === 0 ? {} : { platforms }),
    ...(index === "sparse" ? {} : { index }),
    ...(form.referrers ? { referrers: true } : {}),
    ...(form.tags === "one" ? {} : { tags: form.tags === "all" ? "all" : filterOf(form) }),
    ...(overwrite === "always" ? {} : { overwrite }),
    ...(check === "shallow" ? {} : { check }),
    ...(foreignLayers === "skip" ? {} : { foreignLayers }),
    ...(stage === "auto" ? {} : { stage }),
    ...(isDryRun ? { dryRun: true } : {}),
    ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
    ...(callbackUrl.trim() === "" ? {} : { callback: callbackOf(form) }),
  };
}

/** The index of a row in the request's `destination`, or undefined for an empty row, which is left out. Where all rows are empty the first is sent. */
export function placeInRequest(destinations: readonly string[], row: number): number | undefined {
  const isEmpty = (text: string | undefined): boolean => text === undefined || text.trim() === "";
  if (destinations.every(isEmpty)) {
    return row === 0 ? 0 : undefined;
  }
  return isEmpty(destinations[row]) ? undefined : destinations.slice(0, row).filter((text) => !isEmpty(text)).length;
}

function filterOf({ include, exclude, semver, latest }: CopyForm): Record<string, unknown> {
  const number = latest.trim();
  return {
    ...listed("include", include),
    ...listed("exclude", exclude),
    ...(semver.trim() === "" ? {} : { semver: semver.trim() }),
    // What is no number is sent as it was typed: the service says what is wrong with it.
    ...(number === "" ? {} : { latest: Number.isNaN(Number(number)) ? number : Number(number) }),
  };
}

function listed(name: string, text: string): Record<string, string[]> {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.length === 0 ? {} : { [name]: lines };
}

function callbackOf({ callbackUrl, callbackFormat, callbackEvents }: CopyForm): Record<string, unknown> {
  const isUsual = callbackEvents.length === 1 && callbackEvents[0] === "completed";
  return {
    url: callbackUrl.trim(),
    ...(callbackFormat === "standard" ? {} : { format: callbackFormat }),
    ...(isUsual ? {} : { events: callbackEvents }),
  };
}

/** The form filled in with the request of another job. The service never shows the query of a callback's URL, so that has to be typed again. */
export function formOf(request: ShownRequest): CopyForm {
  const { source, destination, platforms, tags, labels, callback, dryRun: _, ...options } = request;
  const filter = typeof tags === "object" ? tags : {};
  return {
    ...EMPTY_FORM,
    ...(options as Partial<CopyForm>),
    source,
    destinations: [destination].flat(),
    platforms: (platforms ?? []).join(", "),
    tags: tags === undefined ? "one" : tags === "all" ? "all" : "filter",
    include: (filter.include ?? []).join("\n"),
    exclude: (filter.exclude ?? []).join("\n"),
    semver: filter.semver ?? "",
    latest: filter.latest === undefined ? "" : String(filter.latest),
    labels: Object.entries(labels ?? {}).map(([name, value]) => ({ name, value })),
    callbackUrl: callback?.url ?? "",
    callbackFormat: callback?.format ?? "standard",
    callbackEvents: [...(callback?.events ?? (["completed"] as const))],
  };
}
