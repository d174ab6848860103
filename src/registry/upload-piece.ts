/** One piece of an upload whose bytes come one buffer after the other. */
import { CopyError } from "../oci/errors.ts";
import { discard } from "./blob-read.ts";
import type { RegistryResponse } from "./request.ts";
import type { SizedBody } from "./sized-body.ts";
import type { Piece } from "./upload-progress.ts";
import type { UploadSession } from "./upload-session.ts";

/** A piece under way: its body, and what its failures mean for the upload. */
export class OpenPiece {
  readonly piece: Piece;
  readonly #session: UploadSession;
  readonly #body: SizedBody;

  constructor(session: UploadSession, piece: Piece) {
    this.piece = piece;
    this.#session = session;
    this.#body = session.openBody(piece);
  }

  /** Bytes that the piece still lacks. */
  get left(): number {
    return this.#body.left;
  }

  /** Sends bytes, at most `left`; resolves once the buffer may be reused. A failure has ended the request. */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    let early: RegistryResponse | undefined;
    try {
      early = await this.#body.write(bytes);
    } catch (error) {
      const explained = this.#session.classifyFailure(error, this.piece);
      this.abort();
      throw explained;
    }
    if (early === undefined) {
      return;
    }
    const failure = await this.#refusal(early);
    this.abort();
    throw failure;
  }

  /** The answer to the whole piece, for the session to look at. */
  async answer(): Promise<RegistryResponse> {
    return await this.#body.end();
  }

  /** Breaks the request off; what has arrived may or may not be kept by the registry. */
  abort(): void {
    this.#body.abort(new CopyError({ code: "cancelled", message: "The upload was broken off", retry: "later", side: "destination" }));
  }

  /** What an answer means that came before the body's end. Even one of success can't be for bytes that were not sent. */
  async #refusal(early: RegistryResponse): Promise<unknown> {
    try {
      const { response } = await this.#session.expectTaken(Promise.resolve(early), this.piece);
      discard(response);
    } catch (error) {
      return error;
    }
    return this.#session.startOver(`The registry answered ${early.response.status} before it had all of ${this.#session.blob.digest}`);
  }
}
