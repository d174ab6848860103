/** A registry with the referrers API that is none of ours: go-containerregistry's, in a process of its own. */
import { send } from "./http.ts";
import { endProcess, freePort, hasEnded, startProcess } from "./processes.ts";

/** How long it may take to answer for the first time, in milliseconds. */
const START_MS = 15_000;

export interface ReferrersRegistry {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** `127.0.0.1:<port>`, as it stands in references. */
  host: string;
  /** A line for each request so far: the method, the path and the query. */
  logs(): string;
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
  return { url, host, logs, stop: () => endProcess(child, "SIGKILL") };
}
