/** What regctl and oras make of signatures and SBOMs. Registries without a login, by plain HTTP. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { GoProgram } from "./go-programs.ts";

const run = promisify(execFile);

/** How long one command may take, in milliseconds. */
const COMMAND_MS = 30_000;

export class ReferrerPeers {
  readonly #programs: Partial<Record<GoProgram, string>>;
  readonly #home: string;

  /** `home` is a folder without any configuration of this machine's user. */
  constructor(programs: Partial<Record<GoProgram, string>>, home: string) {
    this.#programs = programs;
    this.#home = home;
  }

  has(name: "regctl" | "oras"): boolean {
    return this.#programs[name] !== undefined;
  }

  /** `regctl image copy` with everything. */
  async regctlCopy(from: string, to: string): Promise<void> {
    const hosts = new Set([from, to].map((reference) => reference.slice(0, reference.indexOf("/"))));
    const plain = [...hosts].flatMap((host) => ["--host", `reg=${host},tls=disabled`]);
    await this.#run("regctl", ["image", "copy", "--referrers", "--digest-tags", ...plain, from, to]);
  }

  /** `oras cp -r`, which does not know cosign's tags. */
  async orasCopy(from: string, to: string): Promise<void> {
    await this.#run("oras", ["cp", "-r", "--from-plain-http", "--to-plain-http", from, to]);
  }

  async orasAttach(reference: string, type: string): Promise<void> {
    await this.#run("oras", ["attach", "--plain-http", "--artifact-type", type, "--annotation", `by=${type}`, reference]);
  }

  /** Digests of all referrers that oras finds, however far they go, sorted. `type`: only those of this artifact type. */
  async orasDiscover(reference: string, type?: string): Promise<string[]> {
    const filter = type === undefined ? [] : ["--artifact-type", type];
    const stdout = await this.#run("oras", ["discover", "--plain-http", "--format", "json", ...filter, reference]);
    return [...stdout.matchAll(/"digest":\s*"(sha256:[0-9a-f]{64})"/g)].map(([, digest]) => digest as string).sort();
  }

  async #run(name: "regctl" | "oras", args: readonly string[]): Promise<string> {
    const env = { PATH: process.env.PATH, HOME: this.#home, DOCKER_CONFIG: this.#home };
    const { stdout } = await run(this.#programs[name] as string, args, { env, timeout: COMMAND_MS });
    return stdout;
  }
}
