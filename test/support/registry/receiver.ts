/** Tells whether the other end of a connection has read what was sent to it. */
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Where Linux lists its connections, with what waits in the queues of each (proc_net_tcp.txt). */
const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];

/** How long an end that does not read is waited for, in milliseconds. */
const LIMIT_MS = 2_000;

/** What is waited where the system does not tell, in milliseconds. */
const UNTOLD_MS = 30;

/** Resolves once the other end, on this machine, has read all that went to the kernel; or after a moment where that can't be known. */
export async function receiverHasRead(socket: Socket): Promise<void> {
  const [ours, theirs] = [socket.localPort ?? 0, socket.remotePort ?? 0];
  const end = Date.now() + LIMIT_MS;
  while (Date.now() < end && !socket.destroyed) {
    const tables = await Promise.all(TABLES.map((path) => readFile(path, "utf8").catch(() => "")));
    const waiting = bytesWaiting(tables.join("\n"), ours, theirs);
    if (waiting === 0) {
      return;
    }
    await sleep(waiting === undefined ? UNTOLD_MS : 2);
    if (waiting === undefined) {
      return;
    }
  }
}

/**
 * Bytes that are under way from the port `ours` to the port `theirs` or have not been read there, by the system's table of connections;
 * `undefined` where it does not list both ends.
 */
export function bytesWaiting(table: string, ours: number, theirs: number): number | undefined {
  const rows = table.split("\n").map((line) => line.trim().split(/\s+/));
  const queues = (from: number, to: number) =>
    rows
      .find(([, local, remote]) => portOf(local) === from && portOf(remote) === to)?.[4]
      ?.split(":")
      .map((hex) => Number.parseInt(hex, 16));
  const sending = queues(ours, theirs)?.[0];
  const receiving = queues(theirs, ours)?.[1];
  return sending === undefined || receiving === undefined ? undefined : sending + receiving;
}

function portOf(address: string | undefined): number {
  return Number.parseInt(address?.split(":")[1] ?? "", 16);
}
