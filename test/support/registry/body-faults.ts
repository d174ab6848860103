/** Sends an answer, its body disturbed as a fault says. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";
import { bytesContent, type Content } from "./content.ts";
import type { FaultAction } from "./faults.ts";
import { receiverHasRead } from "./receiver.ts";

/** Sends an answer to its end. Throws where the connection ends before. */
export async function sendAnswer(response: ServerResponse, answer: Answer, fault: FaultAction, entry: { bytesOut: number }): Promise<void> {
  if (fault.endlessHeadMs !== undefined) {
    await sendEndlessHead(response, answer.status, fault.endlessHeadMs);
    return;
  }
  const body = contentOf(answer.body);
  const headers = Object.entries(answer.headers ?? {}).filter((pair): pair is [string, string] => pair[1] !== undefined);
  response.statusCode = answer.status;
  for (const [name, value] of headers) {
    response.setHeader(name, value);
  }
  if (response.req.method === "HEAD") {
    if (body !== undefined && body.size >= 0 && !response.hasHeader("content-length")) {
      response.setHeader("content-length", String(body.size));
    }
    response.end();
    return;
  }
  const cut = Math.min(fault.truncateAfter ?? Infinity, fault.resetAfter ?? Infinity, fault.stallAfter ?? Infinity);
  if (body === undefined) {
    if (!response.hasHeader("content-length") && answer.status !== 204) {
      response.setHeader("content-length", "0");
    }
    response.end();
    return;
  }
  if (body.size >= 0 && !fault.noLength && !response.hasHeader("content-length")) {
    const length = fault.lengthFits ? Math.min(body.size, fault.truncateAfter ?? body.size) : body.size;
    response.setHeader("content-length", String(length + (fault.extraBytes ?? 0)));
  }
  if (fault.noLength) {
    response.removeHeader("content-length");
  }
  // A body that is shorter than announced is the very thing wanted here.
  response.strictContentLength = false;
  response.flushHeaders();
  for await (const chunk of inPieces(disturbed(body, fault, cut), fault.pieceBytes)) {
    entry.bytesOut += chunk.length;
    if (!response.write(chunk)) {
      await drained(response);
    }
    if (response.destroyed) {
      throw new Error("the client has gone");
    }
    if (fault.rate !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, (chunk.length / (fault.rate ?? 1)) * 1000));
    }
  }
  await finish(response, body, fault);
}

/** Past Node's own way to send headers, which are sent whole. */
async function sendEndlessHead(response: ServerResponse, status: number, everyMs: number): Promise<void> {
  const { socket } = response;
  socket?.write(`HTTP/1.1 ${status} Slowly\r\nx-endless: `);
  while (socket !== null && !socket.destroyed) {
    socket.write("x");
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

async function* inPieces(chunks: AsyncIterable<Buffer>, most: number | undefined): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.length; start += most ?? chunk.length) {
      yield chunk.subarray(start, start + (most ?? chunk.length));
    }
  }
}

async function finish(response: ServerResponse, body: Content, fault: FaultAction): Promise<void> {
  const { socket } = response;
  if (fault.stallAfter !== undefined) {
    await once(response, "close");
    return;
  }
  if (fault.resetAfter !== undefined) {
    await flushed(response);
    // A reset throws away what the other end has not read yet, the headers too: how much that is would depend on the machine.
    if (socket !== null) {
      await receiverHasRead(socket);
      socket.resetAndDestroy();
    }
    return;
  }
  if (fault.truncateAfter !== undefined && fault.truncateAfter < body.size && !fault.lengthFits) {
    // An orderly end of the connection, before the end of the body.
    await flushed(response);
    socket?.end();
    return;
  }
  response.end();
}

/** Resolves once there is room again, or nobody to send to. */
async function drained(response: ServerResponse): Promise<void> {
  const ready = new AbortController();
  const { signal } = ready;
  await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]);
  ready.abort();
}

/** Resolves once everything written has gone to the kernel, so that a reset does not overtake it. */
async function flushed(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => response.write("", () => resolve()));
}

/** The body's bytes up to `cut`, with what the fault adds and changes. */
async function* disturbed(body: Content, fault: FaultAction, cut: number): AsyncGenerator<Buffer> {
  const end = body.size < 0 ? cut : Math.min(body.size, cut);
  let offset = 0;
  for await (const piece of body.read(0, body.size)) {
    let chunk = piece as Buffer;
    chunk = chunk.subarray(0, Math.max(0, Math.min(chunk.length, end - offset)));
    const flip = (fault.flipBitAt ?? -1) - offset;
    if (flip >= 0 && flip < chunk.length) {
      chunk = Buffer.from(chunk);
      chunk[flip] = (chunk[flip] ?? 0) ^ 1;
    }
    offset += chunk.length;
    yield chunk;
    if (offset >= end) {
      break;
    }
  }
  if (fault.extraBytes !== undefined) {
    yield Buffer.alloc(fault.extraBytes, 0x2e);
  }
}

function contentOf(body: Answer["body"]): Content | undefined {
  if (typeof body === "string") {
    return bytesContent([Buffer.from(body)]);
  }
  return body instanceof Uint8Array ? bytesContent([body]) : body;
}
