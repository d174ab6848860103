/** Published prices, with their sources, and the arithmetic on them. In US dollars; a month has 30 days. */

/** How much of each thing that Cloudflare bills for was used. */
export interface Billed {
  workerRequests: number;
  cpuMs: number;
  objectRequests: number;
  /** Of Durable Objects: seconds at work, times 0.128 GB. */
  gbSeconds: number;
  rowsRead: number;
  rowsWritten: number;
  /** Of Durable Objects, for as long as a job is kept. */
  gbMonths: number;
  classA: number;
  classB: number;
}

/** The price of one thing that is billed. */
interface Price {
  name: string;
  /** Of the month's use, before anything is paid. */
  included: number;
  /** For each one beyond that. */
  dollars: number;
}

/** A Durable Object is billed as this much memory, in GB. */
export const OBJECT_GB = 0.128;

const MILLION = 1_000_000;

/** Workers Paid as of November 2026: developers.cloudflare.com/workers/platform/pricing, /durable-objects/platform/pricing, /r2/pricing. */
export const CLOUDFLARE: { monthly: number; prices: Readonly<Record<keyof Billed, Price>> } = {
  monthly: 5,
  prices: {
    workerRequests: { name: "Worker requests", included: 10 * MILLION, dollars: 0.3 / MILLION },
    cpuMs: { name: "CPU, ms", included: 30 * MILLION, dollars: 0.02 / MILLION },
    objectRequests: { name: "Durable Object requests", included: MILLION, dollars: 0.15 / MILLION },
    gbSeconds: { name: "Durable Object duration, GB-s", included: 400_000, dollars: 12.5 / MILLION },
    rowsRead: { name: "rows read", included: 25_000 * MILLION, dollars: 0.001 / MILLION },
    rowsWritten: { name: "rows written", included: 50 * MILLION, dollars: 1 / MILLION },
    gbMonths: { name: "storage of jobs, GB-months", included: 5, dollars: 0.2 },
    classA: { name: "R2 class A", included: MILLION, dollars: 4.5 / MILLION },
    classB: { name: "R2 class B", included: 10 * MILLION, dollars: 0.36 / MILLION },
  },
};

/**
 * GitHub-hosted Linux runner of 2 cores since January 2026: docs.github.com/billing/reference/actions-runner-pricing. Each job is rounded up to whole
 * minutes.
 */
export const RUNNER_MINUTE = 0.006;

/** A virtual machine of 2 vCPU and 4 GB for a month (DigitalOcean's Basic plan, early 2026); elsewhere it is had from about 4. */
export const MACHINE_MONTH = 24;

/** `count` times as much. */
export function times(one: Billed, count: number): Billed {
  return mapped(one, (value) => value * count);
}

/** What each part costs where nothing of it is included any more. */
export function listDollars(use: Billed): Billed {
  return mapped(use, (value, key) => value * CLOUDFLARE.prices[key].dollars);
}

/** A month's bill for this use and no other: the base, and what goes beyond what is included. */
export function monthDollars(use: Billed): number {
  const beyond = mapped(use, (value, key) => {
    const { included, dollars } = CLOUDFLARE.prices[key];
    return Math.max(0, value - included) * dollars;
  });
  return CLOUDFLARE.monthly + total(beyond);
}

/** Sum of the parts, of dollars. */
export function total(parts: Billed): number {
  return Object.values(parts).reduce((sum: number, value: number) => sum + value, 0);
}

/** Runner minutes for `count` pieces of work, where each job of a workflow does `each` of them after it was set up. */
export function runnerMinutes(count: number, each: number, setUpSeconds: number, workSeconds: number): number {
  return (count / each) * Math.ceil((setUpSeconds + each * workSeconds) / 60);
}

function mapped(use: Billed, change: (value: number, key: keyof Billed) => number): Billed {
  const entries = (Object.keys(use) as (keyof Billed)[]).map((key) => [key, change(use[key], key)]);
  return Object.fromEntries(entries) as unknown as Billed;
}
