/**
 * `npm run hook-load [-- --rate 200 --seconds 30 --mix registry|repeats|pushes|control]`: webhooks at a fixed rate to a Worker on this machine, and how
 * long each was waited for. Times count from the moment that a webhook was due, so that a slow answer is not hidden by what it holds up.
 */
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { distributionEvent } from "../test/support/hook-samples/plain.ts";
import { storeImage } from "../test/support/images/deliver.ts";
import { generateImage } from "../test/support/images/image.ts";
import { memoryFolder } from "../test/support/memory-folder.ts";
import { startRegistry } from "../test/support/registry/server.ts";
import { startWorker } from "../test/support/workerd.ts";
import { cpuMs, descendants } from "./bench/process-usage.ts";

/** The slowest of a hundred answers may take so long, in milliseconds. */
const GOAL_P99_MS = 200;

/** Space for the state of the Worker, in bytes: enough for the thousands of jobs of one load. */
const STATE_BYTES = 1024 ** 3;

/** Deliveries before anything is counted: the runtime compiles what it runs often. */
const WARM_UP = 200;

/** Events that a registry sends for one push of an image, of which one has the tag (keel issue 289). */
const EVENTS_OF_A_PUSH = 21;

const USAGE = `npm run hook-load [-- options]
  --rate N       webhooks a second (default: 200)
  --seconds N    (default: 30)
  --mix WHAT     registry: as a registry sends them, 1 of ${EVENTS_OF_A_PUSH} a push of its own (default);
                 repeats: one push, again and again; pushes: every one a push of its own;
                 control: a request that asks nothing of the service, for what the machine itself takes
  --help`;

type Mix = "registry" | "repeats" | "pushes" | "control";

const MIXES: readonly Mix[] = ["registry", "repeats", "pushes", "control"];

interface Outcome {
  ms: number;
  status: number;
  body: string;
}

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "200" },
    seconds: { type: "string", default: "30" },
    mix: { type: "string", default: "registry" },
    help: { type: "boolean", default: false },
  },
});
const mix = MIXES.find((one) => one === values.mix);
const [rate, seconds] = [Number(values.rate), Number(values.seconds)];
if (values.help || mix === undefined || !(rate > 0) || !(seconds > 0)) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}
process.exitCode = (await measure(mix, rate, seconds)) ? 0 : 1;

/** Runs the load; says whether it met the goal. */
async function measure(mix: Mix, rate: number, seconds: number): Promise<boolean> {
  const [source, destination] = await Promise.all([startRegistry(), startRegistry()]);
  const image = await generateImage({ seed: "hook-load", layers: [1_000] });
  const permit = { http: true, private: true };
  // What a disk takes for each of thousands of small files is not what is measured.
  const folder = await memoryFolder(STATE_BYTES);
  const worker = await startWorker({
    persistTo: folder.path,
    vars: {
      ALLOW_ANONYMOUS: "true",
      HOOK_SECRET: "s3cret",
      HOOKS: {
        load: { type: "distribution", secret: "HOOK_SECRET", copy: [{ from: "**", to: `${destination.host}/mirror/{name}:{tag}` }] },
      },
      REGISTRIES: { [source.host]: permit, [destination.host]: permit },
    },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  try {
    const tags = new Set<string>();
    const bodyOf = (number: number): string => {
      const push = mix === "repeats" || mix === "control" ? 0 : mix === "pushes" ? number : Math.floor(number / EVENTS_OF_A_PUSH);
      const tag = `t${push}`;
      if (!tags.has(tag)) {
        tags.add(tag);
        storeImage(source, "load/app", tag, image);
      }
      const event = distributionEvent({ repository: "load/app", tag, digest: image.root.digest }, source.host);
      const isTagged = mix !== "registry" || number % EVENTS_OF_A_PUSH === EVENTS_OF_A_PUSH - 1;
      const blob = { ...(event.target as object), tag: undefined, mediaType: "application/octet-stream" };
      return JSON.stringify({ events: [isTagged ? event : { ...event, target: blob }] });
    };
    const url = `${worker.url}${mix === "control" ? "/healthz" : "/hooks/load"}`;
    await deliver(
      Array.from({ length: WARM_UP }, (_, index) => bodyOf(index)),
      rate,
      url,
      agent,
    );
    const bodies = Array.from({ length: rate * seconds }, (_, index) => bodyOf(WARM_UP + index));
    const runtime = descendants(worker.pid, "workerd");
    const before = cpuMs(runtime);
    const outcomes = await deliver(bodies, rate, url, agent);
    console.log(`CPU of the runtime, its jobs' too: ${((cpuMs(runtime) - before) / outcomes.length).toFixed(2)} ms for each webhook`);
    return report(outcomes, tags.size);
  } finally {
    agent.destroy();
    await worker.stop();
    await folder.remove();
    await Promise.all([source.close(), destination.close()]);
  }
}

/** Sends each body when it is due. */
async function deliver(bodies: readonly string[], rate: number, url: string, agent: Agent): Promise<Outcome[]> {
  const begun = performance.now();
  const sent = bodies.map(async (body, index) => {
    const due = begun + (index * 1000) / rate;
    await sleep(Math.max(0, due - performance.now()));
    const answer = await post(url, body, agent);
    return { ms: performance.now() - due, ...answer };
  });
  return await Promise.all(sent);
}

function post(url: string, body: string, agent: Agent): Promise<{ status: number; body: string }> {
  const headers = {
    "content-type": "application/vnd.docker.distribution.events.v2+json",
    "content-length": Buffer.byteLength(body),
    authorization: "Bearer s3cret",
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: url.endsWith("/healthz") ? "GET" : "POST", agent, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.once("end", () => resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    outgoing.once("error", (error) => {
      // A kept connection that the server closed at that moment: clients send again, and their deliveries coalesce.
      if (outgoing.reusedSocket) {
        post(url, body, agent).then(resolve, reject);
      } else {
        reject(error);
      }
    });
    outgoing.end(body);
  });
}

function report(outcomes: readonly Outcome[], pushes: number): boolean {
  const times = outcomes.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number): number => times[Math.ceil(times.length * share) - 1] ?? Number.NaN;
  const statuses = Object.entries(Object.groupBy(outcomes, ({ status }) => String(status))).map(
    ([status, of]) => `${of?.length} × ${status}`,
  );
  console.log(`${outcomes.length} webhooks of ${pushes} pushes: ${statuses.join(", ")}`);
  console.log(`answered after ${[0.5, 0.9, 0.99, 1].map((share) => `${at(share).toFixed(1)} ms (${share * 100} %)`).join(", ")}`);
  const bad = outcomes.find(({ status }) => status !== 200 && status !== 202);
  if (bad !== undefined) {
    console.log(`the first bad answer: ${bad.status} ${bad.body.slice(0, 500)}`);
  }
  const isGood = bad === undefined && at(0.99) <= GOAL_P99_MS;
  console.log(isGood ? `✓ p99 within ${GOAL_P99_MS} ms` : `✗ not every answer is good, or p99 is above ${GOAL_P99_MS} ms`);
  return isGood;
}
