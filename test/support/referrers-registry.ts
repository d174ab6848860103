/** A registry with the referrers API that is none of ours: go-containerregistry's, in a process of its own. */
import { randomUUID } from "node:crypto";
import { send } from "./http.ts";
import { endProcess, freePort, hasEnded, startProcess } from "./processes.ts";

/** How long it may take to answer for the first time, in milliseconds. */
const START_MS = 15_000;

/** How long a line of its log may take to here, in milliseconds. */
const FLUSH_MS = 5_000;

/** A line of its log. With an answer that is an error, its status, code and message follow. */
const REQUEST = /^\S+ \S+ ((?:GET|HEAD|PUT|POST|PATCH|DELETE) \/\S*)/gm;

export interface ReferrersRegistry {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** `127.0.0.1:<port>`, as it stands in references. */
  host: string;
  /** The requests of everybody since it started or since this was asked last: the method, the path and the query of each. */
  newRequests(): Promise<string[]>;
  stop(): Promise<void>;
}

/** Starts the program that `findGoPrograms` gives, and waits until it answers. Fails, with its log, where it does not. */
export async function startReferrersRegistry(program: string): Promise<ReferrersRegistry> {
  const host = `127.0.0.1:${await freePort()}`;
  const { child, logs } = startProcess(program, [host]);
  const url = `http://${host}`;
  const deadline = Date.now() + START_MS;
  while ((await send("GET", `${url}/v2/`).catch(() => undefined)) === undefined) {
    if (hasEnded(child) || Date.now() > deadline) {
      await endProcess(child, "SIGKILL");
      throw new Error(`${program} did not start: ${logs()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  let read = 0;
  const newRequests = async () => {
    // Lines come by a pipe, a little after their answers: a request of our own is made, and waited for.
    const mark = `/v2/?mark=${randomUUID()}`;
    await send("GET", `${url}${mark}`);
    for (const until = Date.now() + FLUSH_MS; !logs().includes(mark); ) {
      if (Date.now() > until) {
        throw new Error(`the registry at ${url} does not log its requests`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const text = logs();
    const lines = Array.from(text.slice(read).matchAll(REQUEST), ([, request = ""]) => request);
    read = text.length;
    return lines.filter((request) => !request.includes("/v2/?mark="));
  };
  return { url, host, newRequests, stop: () => endProcess(child, "SIGKILL") };
}
