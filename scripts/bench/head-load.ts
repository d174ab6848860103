/** A plain load generator: `HEAD` after `HEAD` over kept connections, and nothing else done with the answers than counting those that are 200. */
import { connect } from "node:net";
import { BENCH_AGENT } from "./bench-registry.ts";

/** What every client of a registry says that it takes. */
const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

export interface HeadLoad {
  /** `host:port` of each registry. */
  hosts: readonly string[];
  /** Paths asked for at each of them. */
  paths: readonly string[];
  /** Connections to each of them. */
  connections: number;
}

/** Asks for every path at every host; gives the milliseconds that it took. Rejects where an answer is not 200. */
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
