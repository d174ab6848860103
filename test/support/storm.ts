/** Posts many copies at once to a Worker and follows them to their ends: what they cost the registries, the disk and the runtime's memory. */
import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { descendants, memoryBytes } from "../../scripts/bench/process-usage.ts";
import type { JobDocument } from "../../src/jobs/document.ts";
import { storeImage } from "./images/deliver.ts";
import { generateImage, type Image } from "./images/image.ts";
import type { FakeRegistry } from "./registry/fake-registry.ts";
import { startRegistry } from "./registry/server.ts";
import { ServiceClient } from "./service-client.ts";
import { type RunningWorker, startWorker } from "./workerd.ts";
import { startWorkerdAlone } from "./workerd-alone.ts";

export interface StormOptions {
  jobs: number;
  /** Distinct images; fewer than jobs, so that many want the same. */
  images: number;
  /** Destination repositories. */
  repositories: number;
  /** Where the runtime keeps its state. */
  statePath: string;
  /** Without `wrangler dev` around the runtime. @default false */
  alone?: boolean;
}

interface StormReport {
  /** Until the last job was accepted, in milliseconds. */
  acceptedMs: number;
  /** Until the last job had ended. */
  endedMs: number;
  /** Submissions that had to be sent again. */
  lost: number;
  ends: JobDocument[];
}

export class Storm {
  readonly source: FakeRegistry;
  readonly destination: FakeRegistry;
  readonly service: ServiceClient;
  readonly #options: StormOptions;
  readonly #worker: RunningWorker;
  readonly #images: Image[];

  static async begin(options: StormOptions): Promise<Storm> {
    const source = await startRegistry();
    const destination = await startRegistry();
    const images: Image[] = [];
    for (let number = 0; number < options.images; number++) {
      // The first layer is the same in all of them, as a base image's.
      const image = await generateImage({ seed: "storm", index: "none", platforms: [`linux/v${number}`], layers: [60_000, 8_000] });
      storeImage(source, `library/storm${number}`, "1", image);
      images.push(image);
    }
    const permit = { http: true, private: true };
    const worker = await (options.alone ? startWorkerdAlone : startWorker)({
      vars: { ALLOW_ANONYMOUS: "true", REGISTRIES: { [source.host]: permit, [destination.host]: permit } },
      persistTo: options.statePath,
    });
    return new Storm(options, source, destination, worker, images);
  }

  private constructor(options: StormOptions, source: FakeRegistry, destination: FakeRegistry, worker: RunningWorker, images: Image[]) {
    this.source = source;
    this.destination = destination;
    this.service = new ServiceClient(worker.url);
    this.#options = options;
    this.#worker = worker;
    this.#images = images;
  }

  async close(): Promise<void> {
    await this.#worker.stop();
    await Promise.all([this.source.close(), this.destination.close()]);
  }

  /** Memory of the runtime now, in bytes: of the process that has the objects' files open, not of the proxy that wrangler puts before it. */
  memory(): number {
    const { pid } = this.#worker;
    return memoryBytes(
      [pid, ...descendants(pid, "workerd")].filter((one) => hasOpen(one, this.#options.statePath)),
      "VmRSS",
    );
  }

  /** Posts all jobs at once and waits for the last to end. */
  async burst(): Promise<StormReport> {
    const { jobs } = this.#options;
    const begun = Date.now();
    let lost = 0;
    const accepted = await Promise.all(
      Array.from({ length: jobs }, (_, number) =>
        this.#submit(number, () => {
          lost++;
        }),
      ),
    );
    const acceptedMs = Date.now() - begun;
    const ends: JobDocument[] = [];
    for (const { id } of accepted) {
      ends.push(await this.service.jobEnd(id, (20_000 + jobs * 200 - (Date.now() - begun)) / 1000));
    }
    return { acceptedMs, endedMs: Date.now() - begun, lost, ends };
  }

  /** Sends the jobs one after the other at a steady rate and waits for each to succeed; `onEnd` is told how many have ended. */
  async stream(perSecond: number, onEnd: (ended: number) => void): Promise<void> {
    let ended = 0;
    const begun = Date.now();
    const all: Promise<void>[] = [];
    for (let number = 0; number < this.#options.jobs; number++) {
      await sleep(Math.max(0, begun + (number * 1000) / perSecond - Date.now()));
      all.push(
        this.service.copy(...this.#request(number)).then(({ id, status, error }) => {
          if (status !== "succeeded") {
            throw new Error(`${id} ended as ${status}: ${JSON.stringify(error)}`);
          }
          onEnd(++ended);
        }),
      );
    }
    await Promise.all(all);
  }

  /** What of the outcome is not as it should be, in words. */
  faults({ ends }: Pick<StormReport, "ends">): string[] {
    const failed = ends.filter(({ status }) => status !== "succeeded");
    return [
      ...failed.map(({ id, status, error }) => `${id} ended as ${status}: ${JSON.stringify(error)}`),
      ...this.writtenTwice(["blob", "mount"]).map((name) => `written twice: ${name}`),
      ...this.#wrongTags(),
    ];
  }

  /** What became visible at the destination more than once, as `kind repository digest tag`. */
  writtenTwice(kinds: readonly string[]): string[] {
    const writes = this.destination.store.writes.filter(({ kind }) => kinds.includes(kind));
    const names = writes.map(({ kind, repository, digest, tag }) => [kind, repository, digest, tag].join(" "));
    return names.filter((name, index) => names.indexOf(name) !== index);
  }

  #wrongTags(): string[] {
    const { jobs, images, repositories } = this.#options;
    return Array.from({ length: Math.min(repositories, Math.ceil(jobs / images)) }, (_, number) => {
      const repository = `storm/r${number}`;
      const tags: Record<string, string | undefined> = this.destination.tags(repository);
      return this.#images.flatMap(({ root }, image) => (tags[`i${image}`] === root.digest ? [] : [`wrong: ${repository}:i${image}`]));
    }).flat();
  }

  /**
   * As a careful caller does: with an idempotency key, and once more where the answer is none of the service's. On a machine with far more to do than it
   * can, the proxy that `wrangler dev` puts before the Worker now and then loses a request ("Network connection lost"); the Worker never hears of it.
   */
  async #submit(number: number, onLost: () => void): Promise<JobDocument> {
    const options = { headers: { "idempotency-key": `storm-${number}` } };
    try {
      return await this.service.submit(...this.#request(number), options);
    } catch (error) {
      if (!String(error).includes("Network connection lost")) {
        throw error;
      }
      onLost();
      return await this.service.submit(...this.#request(number), options);
    }
  }

  #request(number: number): [source: string, destination: string] {
    const { images, repositories } = this.#options;
    const image = number % images;
    const repository = Math.floor(number / images) % repositories;
    return [`${this.source.host}/library/storm${image}:1`, `${this.destination.host}/storm/r${repository}:i${image}`];
  }
}

/** Whether a process has a file in that folder open. */
function hasOpen(pid: number, folder: string): boolean {
  return readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith(`${folder}/`);
    } catch {
      return false;
    }
  });
}
