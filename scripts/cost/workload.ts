/** What is copied and checked: one image, between two real registries on this machine. */
import { join } from "node:path";
import { type BenchImage, pushImage } from "../bench/bench-image.ts";
import { BenchRegistry } from "../bench/bench-registry.ts";
import type { CopyTask } from "../bench/copier.ts";

/** Copies by a task. Rejects where that failed. */
export type Copy = (task: CopyTask) => Promise<unknown>;

/** The image and its two registries. */
export class Workload {
  readonly #source: BenchRegistry;
  readonly #destination: BenchRegistry;
  readonly image: BenchImage;
  #places = 0;

  private constructor(source: BenchRegistry, destination: BenchRegistry, image: BenchImage) {
    this.#source = source;
    this.#destination = destination;
    this.image = image;
  }

  /** Starts the registries, with their storage in `folder`, and pushes the image to one of them. */
  static async start(folder: string, layers: number, bytes: number): Promise<Workload> {
    const source = await BenchRegistry.start("docker-registry", join(folder, "source"));
    try {
      const destination = await BenchRegistry.start("docker-registry", join(folder, "destination"));
      return new Workload(source, destination, await pushImage(source.url, "cost/image", layers, bytes));
    } catch (error) {
      source.stop();
      throw error;
    }
  }

  /** Hosts of both registries. */
  get hosts(): string[] {
    return [this.#source.host, this.#destination.host];
  }

  /**
   * Copies into an empty registry and returns the task; the same task again is a check. `repository` is that of the destination.
   * @default a new one each time
   */
  async fresh(copy: Copy, repository?: string): Promise<CopyTask> {
    await this.#destination.wipe();
    this.#places += 1;
    const task: CopyTask = {
      from: this.#source.host,
      to: this.#destination.host,
      sourceRepository: this.image.repository,
      destinationRepository: repository ?? `cost/copy-${this.#places}`,
      tag: this.image.tag,
    };
    await copy(task);
    return task;
  }

  /** Requests that both registries have answered so far. */
  async requests(): Promise<number> {
    return (await this.#source.requests()) + (await this.#destination.requests());
  }

  /** Stops both registries. */
  stop(): void {
    this.#source.stop();
    this.#destination.stop();
  }
}
