// The service, over HTTP: requests with the token, problems as exits, and events as they come.
import { Exit, FAILED, NOT_REACHED, USAGE } from "./exit-status.mjs";

/** Longest time without a byte, in milliseconds: the service sends a sign of life each 15 seconds. */
const SILENCE_MS = 60_000;

/** Pause before a lost stream of events is requested again, in milliseconds. */
const AGAIN_MS = 1_000;

/** Attempts in a row without an event, after which it is given up. */
const MAX_TRIES = 10;

/** @typedef {Record<string, any>} Json */

export class Service {
  #url;
  #token;

  /**
   * @param {string | undefined} url
   * @param {string | undefined} token
   */
  constructor(url, token) {
    if (url === undefined || url === "" || !URL.canParse(url)) {
      throw new Exit(USAGE, "Say where transship is: TRANSSHIP_URL=https://transship.example.workers.dev, or --url");
    }
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
  }

  /**
   * Sends a request and returns the answer's JSON. Throws an {@link Exit} with status 1 and the problem where the service refuses, 3 where it is not reached.
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {Record<string, string>} [headers]
   * @returns {Promise<Json>}
   */
  async request(method, path, body, headers = {}) {
    const response = await this.#send(method, path, body, headers);
    const text = await response.text().catch((error) => notReached(error));
    const answer = jsonOf(text);
    if (!response.ok) {
      throw new Exit(FAILED, problemText(response.status, answer));
    }
    if (answer === undefined) {
      throw new Exit(NOT_REACHED, `${this.#url} answers, but not as transship does`);
    }
    return answer;
  }

  /**
   * The job's documents as they come, the last one at its end. A stream that breaks is taken up where it was.
   * @param {string} id
   * @returns {AsyncGenerator<Json>}
   */
  async *follow(id) {
    let last = "";
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      try {
        for await (const event of this.#events(id, last)) {
          tries = 0;
          last = event.id ?? last;
          yield event.data;
          if (event.name === "end") {
            return;
          }
        }
      } catch (error) {
        if (error instanceof Exit && error.status === FAILED) {
          throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
    throw new Exit(NOT_REACHED, `${this.#url} stopped answering; the job goes on: transship watch ${id}`);
  }

  /**
   * @param {string} id
   * @param {string} last
   */
  async *#events(id, last) {
    const quiet = new AbortController();
    const response = await this.#send(
      "GET",
      `/jobs/${encodeURIComponent(id)}/events`,
      undefined,
      last === "" ? {} : { "last-event-id": last },
      quiet.signal,
    );
    if (response.status !== 200 || response.body === null) {
      throw new Exit(response.status < 500 ? FAILED : NOT_REACHED, problemText(response.status, jsonOf(await response.text())));
    }
    const decoder = new TextDecoder();
    let text = "";
    let timer = setTimeout(() => quiet.abort(), SILENCE_MS);
    try {
      for await (const bytes of response.body) {
        clearTimeout(timer);
        timer = setTimeout(() => quiet.abort(), SILENCE_MS);
        text += decoder.decode(bytes, { stream: true });
        const blocks = text.split("\n\n");
        text = blocks.pop() ?? "";
        yield* blocks.map(eventOf).filter((event) => event !== undefined);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} body
   * @param {Record<string, string>} headers
   * @param {AbortSignal} [signal]
   */
  async #send(method, path, body, headers, signal) {
    try {
      return await fetch(`${this.#url}${path}`, {
        method,
        headers: {
          ...(this.#token === undefined || this.#token === "" ? {} : { authorization: `Bearer ${this.#token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      return notReached(error, this.#url);
    }
  }
}

/**
 * One block of an event stream (WHATWG HTML, "Parsing an event stream"); `undefined` for comments.
 * @param {string} block
 * @returns {{ id: string | undefined, name: string, data: Json } | undefined}
 */
export function eventOf(block) {
  const fields = block.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line) ?? []);
  const field = (/** @type {string} */ name) => fields.find(([, found]) => found === name)?.[2];
  const data = jsonOf(field("data") ?? "");
  return data === undefined ? undefined : { id: field("id"), name: field("event") ?? "message", data };
}

/**
 * @param {number} status
 * @param {Json | undefined} problem
 */
function problemText(status, problem) {
  const faults = (problem?.errors ?? []).map(
    (/** @type {{ pointer: string, detail: string }} */ { pointer, detail }) => `\n  ${pointer} ${detail}`,
  );
  return `${problem?.detail ?? `The service answers ${status}`}${faults.length > 1 ? faults.join("") : ""}`;
}

/**
 * @param {string} text
 * @returns {Json | undefined}
 */
function jsonOf(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {unknown} error
 * @param {string} [url]
 * @returns {never}
 */
function notReached(error, url = "The service") {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  throw new Exit(NOT_REACHED, `${url} was not reached: ${cause}`);
}
