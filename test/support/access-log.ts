/** The access log of a real registry: Apache's combined format, a line as each request ends. */
import { randomUUID } from "node:crypto";
import type { DockerRegistry } from "./docker-registry.ts";
import { send } from "./http.ts";

/** How long a line may take from the registry to here, in milliseconds. */
const FLUSH_MS = 5000;

interface AccessLogEntry {
  method: string;
  /** With the query. */
  path: string;
  status: number;
}

const LINE = /"([A-Z]+) (\/\S*) HTTP\/[\d.]+" (\d{3}) \d+ "[^"]*" "transship\/[^"]*"$/gm;

/** The requests of the service, in the order in which they ended; those of other clients are left out. `from` leaves out so many characters of the log. */
function serviceRequests(log: string, from = 0): AccessLogEntry[] {
  return Array.from(log.slice(from).matchAll(LINE), ([, method = "", path = "", status]) => ({ method, path, status: Number(status) }));
}

/**
 * The service's requests since the log had `from` characters. Lines come by a pipe, a little after their answers: a request of our
 * own is made, and waited for in the log.
 */
export async function requestsSince(registry: Pick<DockerRegistry, "url" | "logs">, from: number): Promise<AccessLogEntry[]> {
  const mark = `/v2/?mark=${randomUUID()}`;
  await send("GET", `${registry.url}${mark}`);
  const deadline = Date.now() + FLUSH_MS;
  while (!registry.logs().includes(mark)) {
    if (Date.now() > deadline) {
      throw new Error(`the registry at ${registry.url} does not log its requests`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return serviceRequests(registry.logs(), from);
}
