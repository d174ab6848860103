/** Hooks with the API on jobs that are kept in a map: an idempotency key finds its job again. */
import { type Hook, readHooks } from "../../../src/config/hooks.ts";
import type { JobDocument } from "../../../src/jobs/document.ts";
import type { HookSample, SampledPush } from "../../support/hook-samples/sample.ts";
import { apiFixture, type Fixture, type FixtureOptions, jobDocument } from "./api-fixture.ts";

export const SECRET = "It's a Secret to Everybody";
export const DIGEST = `sha256:${"ab".repeat(32)}`;
export const PUSH: SampledPush = { repository: "acme/app", tag: "1.2.3", digest: DIGEST };

/** What every hook here copies. */
export const RULE = { from: "**", to: "mirror.example.com/{namespace}/{name}:{tag}" };

function hooksOf(entries: Record<string, object>): ReadonlyMap<string, Hook> {
  const withDefaults = Object.entries(entries).map(([name, entry]) => [name, { secret: "HOOK_SECRET", copy: [RULE], ...entry }]);
  return readHooks({ HOOK_SECRET: SECRET, HOOKS: Object.fromEntries(withDefaults) });
}

export interface HookAnswer {
  status: number;
  jobs: string[];
  ignored: { reason: string; reference?: string }[];
  [member: string]: unknown;
}

interface HookFixture extends Fixture {
  /** Every job that was made, by its key or, without one, by its number. */
  jobs: Map<string, JobDocument>;
  /** Sends what a sample's sender sends to the hook `main`. */
  deliver(sample: HookSample, changes?: Delivered): Promise<HookAnswer>;
}

interface Delivered {
  push?: Partial<SampledPush>;
  /** In place of what the sample sends. */
  body?: unknown;
  headers?: Record<string, string>;
  secret?: string;
}

export async function answerOf(response: Response): Promise<HookAnswer> {
  return { status: response.status, ...((await response.json()) as object) } as HookAnswer;
}

/** The API with one hook, `main`, for a sample's sender. */
export function hookFixture(settings: object, options: FixtureOptions = {}): HookFixture {
  const jobs = new Map<string, JobDocument>();
  const api = apiFixture({
    submit: async (request, trigger, idempotency) => {
      const id = idempotency === undefined ? `fresh-${jobs.size}` : `${idempotency.principal} ${idempotency.key}`;
      const known = jobs.get(id);
      const job = known ?? jobDocument({ id: `job-${jobs.size}`, request, trigger });
      jobs.set(id, job);
      return { outcome: known === undefined ? "created" : "known", job };
    },
    ...options,
    config: { hooks: hooksOf({ main: settings }), ...(typeof options.config === "function" ? {} : options.config) },
  });
  return {
    ...api,
    jobs,
    deliver: async (sample, { push, headers, secret = SECRET, ...rest } = {}) => {
      const text = JSON.stringify("body" in rest ? rest.body : sample.body({ ...PUSH, ...push }));
      const proof = (await sample.proof?.(secret, text)) ?? {};
      const path = sample.inPath ? `/hooks/main/${encodeURIComponent(secret)}` : "/hooks/main";
      return await answerOf(
        await api.send("POST", path, { headers: { authorization: "", ...sample.headers, ...proof, ...headers }, body: text }),
      );
    },
  };
}

/** The sample with that title. */
export function sampleOf(samples: readonly HookSample[], title: string): HookSample {
  const found = samples.find((sample) => sample.title === title);
  if (found === undefined) {
    throw new Error(`no sample is called ${title}`);
  }
  return found;
}
