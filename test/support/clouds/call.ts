/** A request to a cloud's service as its stand-in sees it, whether it came by a socket or was handed over, and its answer. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Call {
  method: string;
  url: URL;
  /** By their names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface Reply {
  status: number;
  json: unknown;
  headers?: Record<string, string>;
}

export type Service = (call: Call) => Reply;

/** A refusal with the words of the test, so that a wrong request shows what is wrong with it. */
export function refuse(status: number, json: Record<string, unknown>): Reply {
  return { status, json };
}

/** A `fetch` that goes to services by their hosts, and to nobody else. `calls` gets every call. */
export function fetchTo(
  services: Readonly<Record<string, Service>>,
  calls: Call[] = [],
): (url: string, init: RequestInit) => Promise<Response> {
  return async (url, init) => {
    const parsed = new URL(url);
    const headers = Object.fromEntries(new Headers(init.headers));
    const call = { method: init.method ?? "GET", url: parsed, headers: { ...headers, host: parsed.host }, body: String(init.body ?? "") };
    calls.push(call);
    const service = services[parsed.host];
    if (service === undefined) {
      throw new TypeError("fetch failed");
    }
    const { status, json, headers: more } = service(call);
    return new Response(JSON.stringify(json), { status, headers: { "content-type": "application/json", ...more } });
  };
}

export interface RunningService {
  /** `http://127.0.0.1:<port>` */
  url: string;
  host: string;
  calls: Call[];
  close(): Promise<void>;
}

/** Puts a service on a socket of its own. */
export async function serve(service: Service): Promise<RunningService> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
      const call = { method: request.method ?? "", url, headers: flat(request.headers), body: Buffer.concat(chunks).toString() };
      calls.push(call);
      const { status, json, headers } = service(call);
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
