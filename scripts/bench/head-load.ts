/** A plain load generator: one `HEAD` after the other over kept connections. Nothing is done with the answers but to check that they are 200. */
import { connect } from "node:net";
import { BENCH_AGENT } from "./bench-registry.ts";

/** The media types that clients of registries accept. */
export const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** What the load consists of. */
export interface HeadLoad {
  /** `host:port` of each registry. */
  hosts: readonly string[];
  /** Paths asked for at each of them. */
  paths: readonly string[];
  /** Connections to each of them. */
  connections: number;
}

/** Requests every path at every host. Returns the milliseconds that this took. Rejects where an answer is not 200. */
export async function headLoad({ hosts, paths, connections }: HeadLoad): Promise<number> {
  const begun = performance.now();
  await Promise.all(
    hosts.flatMap((host) => {
      const left = paths.values();
      return Array.from({ length: connections }, () => askAll(host, left));
    }),
  );
  return performance.now() - begun;
}

function askAll(host: string, left: Iterator<string>): Promise<void> {
  const [name = "", port] = host.split(":");
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), name).setNoDelay();
    let answer = "";
    const ask = () => {
      const { value: path, done } = left.next();
      if (done) {
        socket.end();
        resolve();
        return;
      }
      answer = "";
      socket.write(`HEAD ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: ${ACCEPT}\r\nUser-Agent: ${BENCH_AGENT}\r\n\r\n`);
    };
    socket.once("connect", ask);
    socket.once("error", reject);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      answer += text;
      // An answer to HEAD ends with its headers.
      if (!answer.endsWith("\r\n\r\n")) {
        return;
      }
      if (answer.startsWith("HTTP/1.1 200 ")) {
        ask();
      } else {
        socket.destroy();
        reject(new Error(`${host} answered ${answer.slice(0, answer.indexOf("\r\n"))}`));
      }
    });
  });
}
