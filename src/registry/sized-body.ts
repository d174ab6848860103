/** A request body of known length that is written piece by piece while the request is already on its way. */
import type { Effects } from "../net/effects.ts";
import { CopyError } from "../oci/errors.ts";
import { failureSite } from "./errors.ts";
import type { Endpoint, RegistryResponse } from "./request.ts";

/** How long, in milliseconds, an answer that explains a broken connection is waited for. The runtime reports the two one after the other. */
const ANSWER_GRACE_MS = 1_000;

/** Sends a request with the body given. The signal ends it. */
export type SendBody = (body: ReadableStream<Uint8Array>, signal: AbortSignal) => Promise<RegistryResponse>;

/**
 * One request under way, and its body.
 *
 * The length is known from the start, so that the request carries a `Content-Length`: chunked transfer coding is refused by
 * some registries and most object stores (Q76, Q98). A registry may answer before it has read everything, most often to
 * refuse; that answer is the result of `write`, even if the connection breaks after it.
 */
export class SizedBody {
  readonly #effects: Effects;
  readonly #endpoint: Endpoint;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #ending = new AbortController();
  readonly #answer: Promise<RegistryResponse>;
  #left: number;

  constructor(length: number, send: SendBody, effects: Effects, endpoint: Endpoint) {
    const { readable, writable } = new FixedLengthStream(length);
    this.#left = length;
    this.#effects = effects;
    this.#endpoint = endpoint;
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {});
    this.#answer = send(readable, this.#ending.signal);
    this.#answer.catch(() => {});
  }

  /** Bytes that are still to be written. */
  get left(): number {
    return this.#left;
  }

  /**
   * Sends bytes; resolves once the buffer may be reused, with the registry's answer where that came before the body's end.
   *
   * Fails with what the request fails with, else with `registry-unavailable` where the connection broke without an answer.
   */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<RegistryResponse | undefined> {
    const writing = this.#writer.write(bytes).then(
      () => undefined,
      (error: unknown) => this.#answerAfter(error),
    );
    writing.catch(() => {});
    const early = await Promise.race([writing, this.#answer]);
    this.#left -= bytes.byteLength;
    return this.#left > 0 ? early : undefined;
  }

  /** Ends the body, of which every byte must have been written, and waits for the answer. Fails as `write` does. */
  async end(): Promise<RegistryResponse> {
    const closing = this.#writer.close().then(
      () => this.#answer,
      (error: unknown) => this.#answerAfter(error),
    );
    closing.catch(() => {});
    return await Promise.race([closing, this.#answer]);
  }

  /** Breaks the request off. Never fails; an answer that was given out can't be read any more. */
  abort(reason: CopyError): void {
    this.#ending.abort(reason);
    this.#writer.abort(reason).catch(() => {});
  }

  /** Returns the answer to a request whose body could not be written to its end; fails with `registry-unavailable` where none comes. */
  async #answerAfter(error: unknown): Promise<RegistryResponse> {
    const { promise: silence, reject } = Promise.withResolvers<never>();
    const cancel = this.#effects.after(ANSWER_GRACE_MS, () => {
      const message = `The connection to ${this.#endpoint.registry} broke off in mid-upload`;
      reject(new CopyError({ code: "registry-unavailable", message, retry: "later", ...failureSite(this.#endpoint) }, error));
    });
    try {
      return await Promise.race([this.#answer, silence]);
    } finally {
      cancel();
    }
  }
}
