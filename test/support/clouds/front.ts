/** What stands before a registry of Azure's: its token exchange, and behind it the registry and its token server as they are. */
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { type Call, flat, type RunningService, type Service } from "./call.ts";

interface FrontOptions {
  /** Answers `POST /oauth2/exchange`. */
  exchange: Service;
  /** Host of the token server that is asked at `/oauth2/token`. */
  tokenHost: () => string;
  /** Host of the registry: everything else. */
  registryHost: () => string;
}

export async function serveFront({ exchange, tokenHost, registryHost }: FrontOptions): Promise<RunningService> {
  const calls: Call[] = [];
  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? "/", `http://${incoming.headers.host}`);
    if (url.pathname !== "/oauth2/exchange") {
      const isToken = url.pathname === "/oauth2/token";
      const [hostname, port] = (isToken ? tokenHost() : registryHost()).split(":");
      const path = isToken ? `/token${url.search}` : incoming.url;
      const onward = request({ hostname, port, path, method: incoming.method, headers: incoming.headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on("error", () => outgoing.destroy());
      incoming.pipe(onward);
      return;
    }
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const call = { method: incoming.method ?? "", url, headers: flat(incoming.headers), body: Buffer.concat(chunks).toString() };
      calls.push(call);
      const { status, json } = exchange(call);
      outgoing.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
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
