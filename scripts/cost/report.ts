/** What was counted and measured, as the tables of the README. */
import {
  type Billed,
  CLOUDFLARE,
  listDollars,
  MACHINE_MONTH,
  monthDollars,
  OBJECT_GB,
  RUNNER_MINUTE,
  runnerMinutes,
  times,
  total,
} from "./prices.ts";

/** How many of each the tables are for. */
const COPIES = 1_000;
const CHECKS = 10_000;

/** What is not measured here. The same for all that are compared. */
const ASSUMED = {
  /** A copy between real registries moves this much, in bytes a second … */
  bytesPerSecond: 25_000_000,
  /** … and a request to one takes this much longer than on loopback, in milliseconds. */
  requestMs: 50,
  /** From the begin of a runner's job to the first copy: the copier is fetched and logs in. In seconds. */
  setUpSeconds: 10,
} as const;

/** Seconds for a copy of `bytes` that took `wallMs` here. */
export function copySeconds(wallMs: number, bytes: number): number {
  return Math.max(wallMs / 1000, bytes / ASSUMED.bytesPerSecond);
}

/** Seconds for a check of `requests`, one after the other, that took `wallMs` here. */
export function checkSeconds({ wallMs, requests }: { wallMs: number; requests: number }): number {
  return (wallMs + requests * ASSUMED.requestMs) / 1000;
}

/** GB-s that the job's object is held for when a copy between real registries takes so many seconds longer than here. */
export function heldBetweenRegistries(longerSeconds: number): number {
  return longerSeconds * OBJECT_GB;
}

/** What the tables are made of. */
export interface Report {
  copy: Billed;
  check: Billed;
  /** The quickest of the other copiers, and how long it takes. */
  peer?: { name: string; copySeconds: number; checkSeconds: number };
}

/** Two tables: what each thing that is billed comes to, and the sums beside a runner and a machine. */
export function tablesOf({ copy, check, peer }: Report): string {
  const [copies, checks] = [times(copy, COPIES), times(check, CHECKS)];
  const [copiesCost, checksCost] = [listDollars(copies), listDollars(checks)];
  const rows = (Object.keys(CLOUDFLARE.prices) as (keyof Billed)[]).map((key) => [
    CLOUDFLARE.prices[key].name,
    amount(copy[key]),
    amount(check[key]),
    amount(CLOUDFLARE.prices[key].included),
    dollars(copiesCost[key]),
    dollars(checksCost[key]),
  ]);
  const parts = table(
    ["what is billed", "a copy", "a check", "included a month", `${amount(COPIES)} copies`, `${amount(CHECKS)} checks`],
    [...rows, ["**sum, as if nothing were included**", "", "", "", dollars(total(copiesCost)), dollars(total(checksCost))]],
  );
  const sums = table(
    ["", `${amount(COPIES)} copies`, `${amount(CHECKS)} checks`],
    [
      ["transship: the month's bill with this alone", dollars(monthDollars(copies)), dollars(monthDollars(checks))],
      ["transship: what it adds to an account that has used up what is included", dollars(total(copiesCost)), dollars(total(checksCost))],
      ...(peer === undefined ? [] : [runnerRow(peer, "one", 1, 1), runnerRow(peer, "all", COPIES, CHECKS)]),
      ["virtual machine, 2 vCPU, a month", dollars(MACHINE_MONTH), dollars(MACHINE_MONTH)],
    ],
  );
  return `${parts}\n\n${sums}`;
}

function runnerRow(peer: NonNullable<Report["peer"]>, word: string, copiesEach: number, checksEach: number): string[] {
  const minutes = [
    runnerMinutes(COPIES, copiesEach, ASSUMED.setUpSeconds, peer.copySeconds),
    runnerMinutes(CHECKS, checksEach, ASSUMED.setUpSeconds, peer.checkSeconds),
  ];
  const cells = minutes.map((count) => `${dollars(count * RUNNER_MINUTE)} (${amount(count)} min)`);
  return [`GitHub Actions, ${peer.name}, a job for ${word}`, ...cells];
}

/** Two significant digits below a hundred, whole numbers above. */
function amount(value: number): string {
  const rounded = value >= 100 ? Math.round(value) : Number(value.toPrecision(2));
  return rounded.toLocaleString("en-US", { maximumFractionDigits: 6 });
}

function dollars(value: number): string {
  return value === 0 ? "$0" : `$${value < 0.1 ? Number(value.toPrecision(2)) : value.toFixed(2)}`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
