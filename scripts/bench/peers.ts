/** The command-line copiers that transship is compared with, where they are installed. */
import { spawnSync } from "node:child_process";
import { measureCommand } from "./command.ts";
import type { Copier, CopyTask } from "./copier.ts";

interface Peer {
  command: string;
  /** Arguments that make it print its version, and where in what it prints. */
  version: readonly [args: readonly string[], pattern: RegExp];
  /** Arguments for one copy of everything, byte for byte, over plain HTTP. */
  copyArguments(task: CopyTask): string[];
}

const PEERS: readonly Peer[] = [
  {
    command: "skopeo",
    version: [["--version"], /version (\S+)/],
    copyArguments: (task) => [
      "--insecure-policy",
      "copy",
      "--all",
      "--preserve-digests",
      "--src-tls-verify=false",
      "--dest-tls-verify=false",
      `docker://${source(task)}`,
      `docker://${destination(task)}`,
    ],
  },
  {
    command: "crane",
    version: [["version"], /^(\S+)/],
    copyArguments: (task) => ["copy", "--insecure", source(task), destination(task)],
  },
  {
    command: "regctl",
    version: [["version"], /VCSTag:\s*(\S+)/],
    copyArguments: (task) => [
      ...[task.from, task.to].flatMap((host) => ["--host", `reg=${host},tls=disabled`]),
      "image",
      "copy",
      source(task),
      destination(task),
    ],
  },
  {
    command: "oras",
    version: [["version"], /Version:\s*(\S+)/],
    copyArguments: (task) => ["copy", "--from-plain-http", "--to-plain-http", source(task), destination(task)],
  },
];

/** The peers found on the PATH. */
export function findPeers(): Copier[] {
  return PEERS.flatMap((peer) => {
    const [args, pattern] = peer.version;
    const answer = spawnSync(peer.command, args, { encoding: "utf8", timeout: 10_000 });
    if (answer.error !== undefined) {
      return [];
    }
    return {
      name: peer.command,
      version: pattern.exec(answer.stdout)?.[1] ?? "",
      kind: "process",
      skipsExisting: true,
      copy: async (task, signal) => {
        const { wallMs, cpuMs, peakBytes } = await measureCommand(peer.command, peer.copyArguments(task), signal);
        return { wallMs, cpuMs, memoryBytes: peakBytes };
      },
      stop: async () => {},
    };
  });
}

function source(task: CopyTask): string {
  return `${task.from}/${task.sourceRepository}:${task.tag}`;
}

function destination(task: CopyTask): string {
  return `${task.to}/${task.destinationRepository}:${task.tag}`;
}
