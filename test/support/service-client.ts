/** The service as its callers see it from outside: its API over HTTP, each request on a connection of its own, all waits bounded. */
import type { JobDocument } from "../../src/jobs/document.ts";
import { hasEnded } from "../../src/jobs/state.ts";
import { type HttpAnswer, send } from "./http.ts";

/** Between two looks at a job, in milliseconds. */
const POLL_MS = 100;

interface CopyOptions {
  /** Further fields of the request. */
  more?: Record<string, unknown>;
  headers?: Record<string, string>;
}

export class ServiceClient {
  readonly url: string;
  /** Every answer so far, headers and body, as text. */
  readonly transcript: string[] = [];
  readonly #token: string | undefined;

  constructor(url: string, token?: string) {
    this.url = url;
    this.#token = token;
  }

  /** Sends a request; `body` goes as JSON. */
  async request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    const answer = await send(method, `${this.url}${path}`, {
      headers: {
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    this.transcript.push(`${answer.status} ${JSON.stringify(answer.headers)}\n${answer.body}`);
    return answer;
  }

  /** Stores a copy as a job. Fails where the service does not take it. */
  async submit(source: string, destination: string | string[], { more, headers }: CopyOptions = {}): Promise<JobDocument> {
    const answer = await this.request("POST", "/copy", { source, destination, ...more }, headers);
    if (answer.status !== 202 && answer.status !== 200) {
      throw new Error(`POST /copy: ${answer.status} ${answer.body}`);
    }
    return JSON.parse(answer.body.toString()) as JobDocument;
  }

  /** Copies by one request that waits, and gives the job at its end. Fails where that does not come within `seconds`. */
  async copy(source: string, destination: string | string[], options: CopyOptions = {}, seconds = 30): Promise<JobDocument> {
    const headers = { ...options.headers, prefer: `wait=${seconds}` };
    const job = await this.submit(source, destination, { ...options, headers });
    if (!hasEnded(job.status)) {
      throw new Error(`not ended after ${seconds} s: ${JSON.stringify(job)}`);
    }
    return job;
  }

  async job(id: string): Promise<JobDocument> {
    const answer = await this.request("GET", `/jobs/${id}`);
    if (answer.status !== 200) {
      throw new Error(`GET /jobs/${id}: ${answer.status} ${answer.body}`);
    }
    return JSON.parse(answer.body.toString()) as JobDocument;
  }

  /** The job at its end. Fails where that does not come within `seconds`. */
  async jobEnd(id: string, seconds: number): Promise<JobDocument> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const job = await this.job(id);
      if (hasEnded(job.status)) {
        return job;
      }
      if (Date.now() > deadline) {
        throw new Error(`not ended after ${seconds} s: ${JSON.stringify(job)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
