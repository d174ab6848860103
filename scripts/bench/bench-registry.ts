/** A real registry as the bench needs it: blobs in a folder that can be emptied between runs, requests counted in its access log. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** How long a registry may take to start, in milliseconds. */
const START_MS = 15_000;

/** A request's line in the access log (Apache's combined format), with the client's name at its end. */
const REQUEST_LINE = /"(?:GET|HEAD|POST|PUT|PATCH|DELETE) \/[^"]*" \d{3} .*"([^"]*)"$/gm;

/** The name that the bench's own requests go under, so that they are not counted. */
export const BENCH_AGENT = "transship-bench";

/** One `docker-registry` process, without authentication, on a loopback port of its own. */
export class BenchRegistry {
  readonly #process: ChildProcess;
  readonly #folder: string;
  /** `127.0.0.1:port`. */
  readonly host: string;

  private constructor(child: ChildProcess, folder: string, host: string) {
    this.#process = child;
    this.#folder = folder;
    this.host = host;
  }

  /** Starts `binary` with its storage and log in `folder`. Rejects with the log's end where it does not start. */
  static async start(binary: string, folder: string): Promise<BenchRegistry> {
    const storage = join(folder, "storage");
    await mkdir(storage, { recursive: true });
    const config = join(folder, "config.json");
    // JSON is YAML. No blob descriptor cache: it would outlive the blobs that a wipe removes.
    await writeFile(
      config,
      JSON.stringify({
        version: 0.1,
        log: { level: "info" },
        storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
        http: { addr: "127.0.0.1:0" },
      }),
    );
    // A file, not a pipe: the bench must not be at work for the registry while it measures.
    const log = openSync(join(folder, "log"), "w");
    // `REGISTRY_…` variables would change the configuration.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(REGISTRY|OTEL)_/.test(name)));
    const child = spawn(binary, ["serve", config], { stdio: ["ignore", log, log], env });
    closeSync(log);
    process.once("exit", () => child.kill("SIGKILL"));
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    failed.catch(() => {});
    const deadline = Date.now() + START_MS;
    for (;;) {
      const text = await readFile(join(folder, "log"), "utf8");
      const host = /listening on (127\.0\.0\.1:\d+)/.exec(text)?.[1];
      if (host !== undefined) {
        return new BenchRegistry(child, folder, host);
      }
      if (child.exitCode !== null || Date.now() > deadline) {
        child.kill("SIGKILL");
        throw new Error(`${binary} did not start:\n${text.slice(-2000)}`);
      }
      await Promise.race([sleep(20), failed]);
    }
  }

  /** Base of the registry's API. */
  get url(): string {
    return `http://${this.host}`;
  }

  /** Requests answered since the start, without the bench's own. */
  async requests(): Promise<number> {
    const text = await readFile(join(this.#folder, "log"), "utf8");
    return [...text.matchAll(REQUEST_LINE)].filter((match) => match[1] !== BENCH_AGENT).length;
  }

  /** Removes all that is stored. The registry goes on, empty: it keeps nothing in memory. */
  async wipe(): Promise<void> {
    await rm(join(this.#folder, "storage", "docker"), { recursive: true, force: true });
  }

  /** Ends the process; the folder is left to the caller. */
  stop(): void {
    this.#process.kill("SIGKILL");
  }
}
