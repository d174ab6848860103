/** The same copy as other tools make it: for comparison with ours. Registries without a login, by plain HTTP. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** How long one copy may take, in milliseconds; these are of some hundred KB. */
const COPY_MS = 30_000;

export type Peer = "skopeo" | "crane" | "regctl" | "oras";

export const PEERS: readonly Peer[] = ["skopeo", "crane", "regctl", "oras"];

/** A peer as it is on this machine, and a folder with all the configuration that it may see. */
interface InstalledPeer {
  peer: Peer;
  program: string;
  home: string;
}

/** What each is asked for a copy, before the two references. `hosts` are those of both. */
const COMMANDS: Readonly<Record<Peer, (hosts: readonly string[]) => readonly string[]>> = {
  // It wants a policy file, which a bare machine has not.
  skopeo: () => ["--insecure-policy", "copy", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false"],
  crane: () => ["copy", "--insecure"],
  regctl: (hosts) => ["image", "copy", ...hosts.flatMap((host) => ["--host", `reg=${host},tls=disabled`])],
  oras: () => ["cp", "--from-plain-http", "--to-plain-http"],
};

/** What makes a copy one of everything, where nothing else is asked for. */
const WHOLE: Readonly<Record<Peer, readonly string[]>> = { skopeo: ["--all"], crane: [], regctl: [], oras: [] };

/** Lets a peer copy, by default everything as it is. Gives what it says where it refuses. */
export async function peerCopy(
  installed: InstalledPeer,
  from: string,
  to: string,
  options: readonly string[] = WHOLE[installed.peer],
): Promise<string | undefined> {
  const { peer } = installed;
  const hosts = [...new Set([from, to].map((reference) => reference.slice(0, reference.indexOf("/"))))];
  // Of skopeo, `--override-os` and its like stand before the command.
  const before = options.filter((option) => option.startsWith("--override-"));
  const after = options.filter((option) => !option.startsWith("--override-"));
  const references = peer === "skopeo" ? [`docker://${from}`, `docker://${to}`] : [from, to];
  return await refusalOf(installed, [...before, ...COMMANDS[peer](hosts), ...after, ...references]);
}

/** Lets skopeo copy every tag of a repository. It names the destination itself: `to`, and the last part of the source's name. */
export async function skopeoSync(installed: InstalledPeer, from: string, to: string): Promise<string | undefined> {
  const transports = ["--src", "docker", "--src-tls-verify=false", "--dest", "docker", "--dest-tls-verify=false"];
  return await refusalOf(installed, ["--insecure-policy", "sync", "--all", "--preserve-digests", ...transports, from, to]);
}

async function refusalOf({ program, home }: InstalledPeer, args: readonly string[]): Promise<string | undefined> {
  const env = { PATH: process.env.PATH, HOME: home, DOCKER_CONFIG: home, XDG_RUNTIME_DIR: home };
  try {
    await run(program, args, { env, timeout: COPY_MS });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
