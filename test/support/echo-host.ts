/** A host elsewhere, on a real socket: it keeps every request whole, headers and body, so that a test can look for what must not have come. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface EchoHost {
  url: string;
  host: string;
  /** Every request so far, as text. */
  received: string[];
  close(): Promise<void>;
}

/** Starts one; `answer` gives the status and body of each request, given that request as text. */
export async function startEchoHost(
  answer: (request: string) => { status: number; headers?: Record<string, string>; body?: string },
): Promise<EchoHost> {
  const received: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = `${request.method} ${request.url}\n${request.rawHeaders.join("\n")}\n\n${Buffer.concat(chunks).toString("latin1")}`;
      received.push(text);
      const { status, headers, body } = answer(text);
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
