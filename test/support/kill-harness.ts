/** Copies an image by a Worker whose whole runtime is killed again and again, and counts what that costs. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobDocument } from "../../src/jobs/document.ts";
import { storeImage } from "./images/deliver.ts";
import { generateImage, type Image, type ImageOptions } from "./images/image.ts";
import { chooseMoments, type Moment, momentText } from "./kill-moments.ts";
import { freePort } from "./processes.ts";
import type { FakeRegistry } from "./registry/fake-registry.ts";
import { startRegistry } from "./registry/server.ts";
import type { Store } from "./registry/store.ts";
import { ServiceClient } from "./service-client.ts";
import { type RunningWorker, startWorker } from "./workerd.ts";

/** Longest time for a moment to come, and for the job to end after the last kill, in milliseconds. */
const PATIENCE_MS = 90_000;

/** Between two looks at what has been transferred, in milliseconds. */
const LOOK_MS = 2;

/** Which kill the job wakes from by itself; not the first, whose alarm is that of the submission. */
const UNATTENDED = 1;

const REPOSITORY = "killed/image";
const TAG = "1";

export interface KillOptions {
  /** Decides the moments. */
  seed: string;
  kills: number;
  image: ImageOptions;
  /** Sends every blob through the stage. @default false */
  staged?: boolean;
  /** Further variables of the Worker. */
  vars?: Readonly<Record<string, unknown>>;
  /** Carriers at the source at once, as in `REGISTRIES`. @default the service's own limit */
  concurrency?: number;
  /** Bytes a second of each blob that the source sends, so that the copy lasts. */
  rate: number;
  /** Lets the job wake by itself after one of the kills, where otherwise it is asked for at once. @default false */
  unattended?: boolean;
  /** Told what happens. */
  say?: (line: string) => void;
}

interface KillReport {
  job: JobDocument;
  wanted: { digest: string; blobs: string[]; manifests: string[] };
  /** What the tag stands for at the end. */
  digest: string | undefined;
  /** Blobs and manifests that the destination has at the end, of those wanted. */
  arrived: { blobs: string[]; manifests: string[] };
  tagWrites: number;
  /** Blobs that the destination has stored more than once. */
  storedTwice: string[];
  /** Upload sessions that are still open there at the end. */
  openUploads: number;
  /** Uploads that it has refused for their digest. */
  refusedUploads: number;
  imageBytes: number;
  bytesRead: number;
  /** With `unattended`: from the new runtime's start to the first request of the job, in milliseconds. */
  wokeAfterMs: number | undefined;
  seconds: number;
}

/** Most bytes that may be read from the source, as a multiple of the image's. */
const MOST_READ = 1.3;

/** Longest time in which a job whose process died wakes by itself, in milliseconds: 15 s after its last sign of life, and some. */
const WAKE_MS = 20_000;

/** What of a run is not as it should be; nothing, where the copy has survived. */
export function faultsOf({ job, wanted, arrived, ...report }: KillReport, mostRead = MOST_READ): string[] {
  const ratio = report.bytesRead / report.imageBytes;
  const faults: [boolean, string][] = [
    [job.status !== "succeeded", `the job ended as ${job.status}: ${JSON.stringify(job.error)}`],
    [report.digest !== wanted.digest, `the tag stands for ${report.digest} and not for ${wanted.digest}`],
    [arrived.blobs.length < wanted.blobs.length, `${arrived.blobs.length} of ${wanted.blobs.length} blobs arrived`],
    [arrived.manifests.length < wanted.manifests.length, `${arrived.manifests.length} of ${wanted.manifests.length} manifests arrived`],
    [report.tagWrites !== 1, `the tag was written ${report.tagWrites} times`],
    [report.storedTwice.length > 0, `stored more than once: ${report.storedTwice.join(", ")}`],
    [report.refusedUploads > 0, `${report.refusedUploads} uploads were refused`],
    [ratio >= mostRead, `${ratio.toFixed(2)} times the image was read`],
    [(report.wokeAfterMs ?? 0) > WAKE_MS, `the job woke only after ${report.wokeAfterMs} ms`],
  ];
  return faults.filter(([wrong]) => wrong).map(([, text]) => text);
}

/** Runs one copy with its kills to the end. Fails where a moment does not come or the job does not end. Leaves nothing running. */
export async function copyUnderKills(options: KillOptions): Promise<KillReport> {
  const run = await KillRun.begin(options);
  try {
    return await run.toTheEnd();
  } finally {
    await run.close();
  }
}

class KillRun {
  readonly #options: KillOptions;
  readonly #image: Image;
  readonly #source: FakeRegistry;
  readonly #destination: FakeRegistry;
  readonly #folder: string;
  readonly #port: number;
  readonly #begun = Date.now();
  #worker: RunningWorker | undefined;
  #onStored: (what: "blob" | "child" | "tag") => void = () => {};

  static async begin(options: KillOptions): Promise<KillRun> {
    const image = await generateImage(options.image);
    const folder = await mkdtemp(join(tmpdir(), "transship-kill-"));
    return new KillRun(options, image, await startRegistry(), await startRegistry({ blobStore: "discard" }), folder, await freePort());
  }

  private constructor(options: KillOptions, image: Image, source: FakeRegistry, destination: FakeRegistry, folder: string, port: number) {
    this.#options = options;
    this.#image = image;
    this.#source = source;
    this.#destination = destination;
    this.#folder = folder;
    this.#port = port;
    storeImage(source, REPOSITORY, TAG, image);
    source.fail({ method: "GET", path: "/blobs/", times: "always", action: { rate: options.rate } });
    this.#watchStore(destination.store);
  }

  async toTheEnd(): Promise<KillReport> {
    const { seed, kills, staged = false, unattended = false, say = () => {} } = this.#options;
    const imageBytes = this.#image.blobs.reduce((sum, { content }) => sum + content.size, 0);
    let service = await this.#start();
    const { id } = await service.submit(`${this.#source.host}/${REPOSITORY}:${TAG}`, `${this.#destination.host}/${REPOSITORY}:${TAG}`, {
      more: staged ? { stage: "always" } : {},
    });
    let wokeAfterMs: number | undefined;
    for (const [index, moment] of chooseMoments({ seed, kills, bytes: imageBytes, staged }).entries()) {
      await this.#killAt(moment);
      say(`kill ${index + 1} of ${kills}: ${momentText(moment)} (${(this.#read() / imageBytes).toFixed(2)} of the image read)`);
      service = await this.#start();
      if (unattended && index === UNATTENDED) {
        wokeAfterMs = await this.#firstRequest();
        say(`woke by itself after ${wokeAfterMs} ms`);
      } else {
        await service.job(id);
      }
    }
    const job = await service.jobEnd(id, PATIENCE_MS / 1000);
    return { ...this.#outcome(), job, imageBytes, wokeAfterMs, seconds: (Date.now() - this.#begun) / 1000 };
  }

  async close(): Promise<void> {
    await this.#worker?.stop();
    await Promise.all([this.#source.close(), this.#destination.close()]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Starts the runtime, anew on what the last one has stored. */
  async #start(): Promise<ServiceClient> {
    const permit = { http: true, private: true };
    const { concurrency, vars } = this.#options;
    this.#worker = await startWorker({
      port: this.#port,
      persistTo: join(this.#folder, "state"),
      vars: {
        ALLOW_ANONYMOUS: "true",
        REGISTRIES: {
          [this.#source.host]: { ...permit, ...(concurrency === undefined ? {} : { concurrency }) },
          [this.#destination.host]: permit,
        },
        ...vars,
      },
    });
    return new ServiceClient(this.#worker.url);
  }

  /** Waits for the moment and kills the runtime in it, not a turn of the event loop later. */
  async #killAt(moment: Moment): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) {
      throw new Error("nothing runs that could be killed");
    }
    const killed = Promise.withResolvers<void>();
    const kill = (): void => {
      this.#onStored = () => {};
      killed.resolve(worker.kill());
    };
    const timeout = setTimeout(() => {
      killed.reject(new Error(`this moment does not come: ${momentText(moment)}\n${worker.logs()}`));
    }, PATIENCE_MS);
    const looking = this.#aim(moment, kill);
    try {
      await killed.promise;
    } finally {
      clearInterval(looking);
      clearTimeout(timeout);
    }
    await worker.stop();
  }

  /** Calls `kill` at the moment. Gives a timer to be cleared, where one is needed. */
  #aim(moment: Moment, kill: () => void): NodeJS.Timeout | undefined {
    switch (moment.kind) {
      case "read":
      case "sent":
        return setInterval(() => {
          if ((moment.kind === "read" ? this.#read() : this.#sent()) >= moment.bytes) {
            kill();
          }
        }, LOOK_MS);
      case "blob":
        this.#onStored = (what) => {
          if (what === "blob" && this.#read() >= moment.bytes) {
            kill();
          }
        };
        return undefined;
      case "child":
      case "tag": {
        if (moment.edge === "is stored") {
          this.#onStored = (what) => {
            if (what === moment.kind) {
              kill();
            }
          };
          return undefined;
        }
        const filter = { method: "PUT", path: moment.kind === "tag" ? `/manifests/${TAG}$` : "/manifests/sha256" };
        void this.#destination.requests.waitFor(filter, this.#destination.requests.select(filter).length + 1).then(kill);
        return undefined;
      }
    }
  }

  /** Has it told when something is stored, before the service gets its answer. */
  #watchStore(store: Store): void {
    const putBlob = store.putBlob.bind(store);
    store.putBlob = (...blob) => {
      putBlob(...blob);
      this.#onStored("blob");
    };
    const putManifest = store.putManifest.bind(store);
    store.putManifest = (name, reference, ...content) => {
      const stored = putManifest(name, reference, ...content);
      this.#onStored(reference === TAG ? "tag" : "child");
      return stored;
    };
  }

  /** Milliseconds from now to the next request at either registry. */
  async #firstRequest(): Promise<number> {
    const begun = Date.now();
    const registries = [this.#source, this.#destination];
    const timeout = AbortSignal.timeout(PATIENCE_MS);
    await Promise.race([
      ...registries.map(({ requests }) => requests.waitFor({}, requests.entries.length + 1)),
      new Promise((_, reject) => timeout.addEventListener("abort", () => reject(new Error("the job does not wake by itself")))),
    ]);
    return Date.now() - begun;
  }

  /** Bytes of blobs that the source has sent. */
  #read(): number {
    return this.#source.requests.select({ method: "GET", path: "/blobs/" }).reduce((sum, { bytesOut }) => sum + bytesOut, 0);
  }

  /** Bytes of blobs that the destination has taken. */
  #sent(): number {
    return this.#destination.requests.select({ path: "/blobs/uploads/" }).reduce((sum, { bytesIn }) => sum + bytesIn, 0);
  }

  #outcome(): Omit<KillReport, "job" | "imageBytes" | "wokeAfterMs" | "seconds"> {
    const { root, blobs, manifests } = this.#image;
    const { store, requests } = this.#destination;
    const stored = store.writes.filter(({ kind }) => kind === "blob").map(({ digest }) => digest);
    const wanted = { digest: root.digest, blobs: blobs.map(({ digest }) => digest), manifests: manifests.map(({ digest }) => digest) };
    return {
      wanted,
      digest: this.#destination.tags(REPOSITORY)[TAG],
      arrived: {
        blobs: wanted.blobs.filter((digest) => this.#destination.hasBlob(REPOSITORY, digest)),
        manifests: wanted.manifests.filter((digest) => this.#destination.getManifest(REPOSITORY, digest) !== undefined),
      },
      tagWrites: store.writes.filter(({ kind }) => kind === "tag").length,
      storedTwice: stored.filter((digest, index) => stored.indexOf(digest) !== index),
      openUploads: this.#destination.openUploads,
      refusedUploads: requests.select({ method: "PUT", path: "/blobs/uploads/" }).filter(({ status }) => status >= 400).length,
      bytesRead: this.#read(),
    };
  }
}
