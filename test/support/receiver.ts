/** A receiver of callbacks on a real socket: keeps what came, and answers as it is told. */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export class Receiver {
  readonly received: Received[] = [];
  /** What the next requests are answered, first come first served; then 204. */
  readonly answers: { status: number; headers?: Record<string, string> }[] = [];
  readonly #server: Server;
  readonly #waiting: (() => void)[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { status, headers } = this.answers.shift() ?? { status: 204 };
        this.received.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() });
        response.writeHead(status, headers).end();
        for (const wake of this.#waiting.splice(0)) {
          wake();
        }
      });
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  /** `127.0.0.1:<port>` */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves once so many that `matches` finds have come; the test's own time limit is the end of waiting. */
  async waitFor(count: number, matches: (received: Received) => boolean): Promise<Received[]> {
    for (;;) {
      const found = this.received.filter(matches);
      if (found.length >= count) {
        return found;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
