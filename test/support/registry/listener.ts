/** A socket that takes requests: counts them, lets faults have their way with them, and sends answers. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, type Exchange, htmlPage } from "./answer.ts";
import { sendAnswer } from "./body-faults.ts";
import { repeatedContent } from "./content.ts";
import type { FaultAction, Faults } from "./faults.ts";
import type { LoggedRequest, RequestLog } from "./request-log.ts";

type Handler = (exchange: Exchange) => Promise<Answer>;

/** Ends the request's connection, in place of an answer. */
class Dropped extends Error {}

interface ListenerOptions {
  server: LoggedRequest["server"];
  handler: Handler;
  faults: Faults;
  log: RequestLog;
  /** Gets the requests below `/_control/`, which are neither logged nor disturbed. */
  control?: Handler;
  /** @default any free port */
  port?: number;
}

interface Listener {
  port: number;
  /** `127.0.0.1:<port>` */
  host: string;
  /** Ends all connections and refuses new ones for so many milliseconds. */
  refuse(ms: number): void;
  close(): Promise<void>;
}

/** Listens on a port of the loopback interface. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const server: Server = createServer((request, response) => {
    // Waiting for an abandoned connection's answer would be waiting for nobody.
    request.on("error", () => {});
    response.on("error", () => {});
    void take(options, request, response);
  });
  // Uploads of many GiB may take their time.
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.keepAliveTimeout = 60_000;
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    host: `127.0.0.1:${port}`,
    refuse(ms) {
      server.close();
      server.closeAllConnections();
      setTimeout(() => server.listen(port, "127.0.0.1"), ms);
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => (server.listening ? server.once("close", resolve) : resolve()));
    },
  };
}

async function take(options: ListenerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const origin = `http://${request.headers.host}`;
  const target = request.url ?? "/";
  const url = new URL(`${origin}${target}`);
  const method = request.method ?? "GET";
  const path = decodeURIComponent(url.pathname);
  const parts = { method, path, query: url.searchParams, rawQuery: url.search, headers: request.headers, origin };
  if (options.control !== undefined && path.startsWith("/_control/")) {
    await command(options.control, { ...parts, body: counted(request, {}, { bytesIn: 0 }) }, response);
    return;
  }
  const entry = options.log.begin({
    server: options.server,
    method,
    path: url.pathname,
    query: url.search,
    headers: loggedHeaders(request),
  });
  response.once("close", () => options.log.end(entry));
  const fault = options.faults.take(options.server, method, target) ?? {};
  const exchange: Exchange = { ...parts, body: counted(request, fault, entry) };
  try {
    const answer = await answerWith(options, fault, exchange);
    entry.status = answer.status;
    await sendAnswer(response, answer, fault, entry);
    if (fault.early) {
      request.socket.end();
      request.destroy();
    }
  } catch (error) {
    // Besides a Dropped: the client has gone, or a fault has cut it off. A mistake of the registry's own must not pass for one.
    if (!(error instanceof Dropped) && !request.destroyed && !response.destroyed) {
      process.stderr.write(`fake registry: ${method} ${target}: ${error instanceof Error ? error.stack : error}\n`);
    }
    request.socket.destroy();
  }
}

async function command(control: Handler, exchange: Exchange, response: ServerResponse): Promise<void> {
  await sendAnswer(response, await control(exchange), {}, { bytesOut: 0 });
}

/** Does a request, or what its fault puts in its place. */
async function answerWith({ handler, faults }: ListenerOptions, fault: FaultAction, exchange: Exchange): Promise<Answer> {
  if (fault.delayMs !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  }
  if (fault.hold !== undefined) {
    await faults.pass(fault.hold);
  }
  if (fault.dropConnection === "at-once") {
    throw new Dropped();
  }
  const replaced = replacement(fault, exchange);
  if (replaced !== undefined || fault.dropConnection === "after-body") {
    if (!fault.early) {
      await drain(exchange.body);
    }
    if (replaced !== undefined) {
      return withHeaders(replaced, fault);
    }
    throw new Dropped();
  }
  const answer = await handler(exchange);
  if (answer.drop || fault.dropConnection === "after-handling") {
    throw new Dropped();
  }
  const changed = fault.answerStatus === undefined ? answer : { status: fault.answerStatus };
  return withHeaders(changed, fault);
}

function replacement(fault: FaultAction, { path, rawQuery }: Exchange): Answer | undefined {
  if (fault.redirectTo !== undefined) {
    return { status: fault.redirectStatus ?? 307, headers: { location: fault.redirectTo.replaceAll("{path}", path + rawQuery) } };
  }
  if (fault.html200) {
    return { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: htmlPage(200) };
  }
  if (fault.status === undefined) {
    return undefined;
  }
  if (fault.bodyTimes !== undefined) {
    return { status: fault.status, body: repeatedContent(String(fault.body), fault.bodyTimes) };
  }
  const retryAfter = fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) };
  if (typeof fault.body === "string" || fault.body === undefined) {
    return { status: fault.status, headers: retryAfter, ...(fault.body === undefined ? {} : { body: fault.body }) };
  }
  return { status: fault.status, headers: { ...retryAfter, "content-type": "application/json" }, body: JSON.stringify(fault.body) };
}

function withHeaders(answer: Answer, { headers }: FaultAction): Answer {
  if (headers === undefined) {
    return answer;
  }
  const changes = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value ?? undefined]);
  return { ...answer, headers: { ...answer.headers, ...Object.fromEntries(changes) } };
}

/** The request's body, counted, and disturbed where a fault says so. Can be read once; what is left of it can be drained afterwards. */
function counted(request: IncomingMessage, fault: FaultAction, entry: { bytesIn: number }): AsyncIterable<Buffer> {
  const { resetRequestAfter, stallRequestAfter, requestRate } = fault;
  async function* read(): AsyncGenerator<Buffer> {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const before = entry.bytesIn;
      entry.bytesIn += chunk.length;
      if (resetRequestAfter !== undefined && entry.bytesIn >= resetRequestAfter) {
        yield chunk.subarray(0, resetRequestAfter - before);
        request.socket.resetAndDestroy();
        throw new Dropped();
      }
      if (stallRequestAfter !== undefined && entry.bytesIn >= stallRequestAfter) {
        yield chunk.subarray(0, stallRequestAfter - before);
        await once(request, "close");
        throw new Dropped();
      }
      if (requestRate !== undefined) {
        await new Promise((resolve) => setTimeout(resolve, (chunk.length / requestRate) * 1000));
      }
      yield chunk;
    }
  }
  return { [Symbol.asyncIterator]: read };
}

async function drain(body: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of body) {
    // Thrown away.
  }
}

function loggedHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = name === "authorization" ? (String(value).split(" ")[0] ?? "") : String(value);
  }
  return headers;
}
