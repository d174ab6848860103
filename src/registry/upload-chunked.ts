/** A blob sent in `PATCH`es, one after the other, and committed by an empty `PUT`: in bounded chunks, or all of it in one. */
import type { BlobUpload, UploadCheckpoint } from "../oci/store.ts";
import { OpenPiece } from "./upload-piece.ts";
import type { Piece } from "./upload-progress.ts";
import type { UploadSession } from "./upload-session.ts";

/**
 * An upload in pieces of `chunk` bytes, beginning at `from`.
 *
 * All data goes by `PATCH`: a body of the closing `PUT` is ignored by some registries once there are parts (Q90). Every chunk streams
 * through, so its size costs no memory; one that is in hand as a whole is sent so that it can be repeated.
 */
export class ChunkedUpload implements BlobUpload {
  readonly #session: UploadSession;
  readonly #chunk: number;
  /** Bytes that are sent, or given to the open piece. */
  #position: number;
  #open: OpenPiece | undefined;

  constructor(session: UploadSession, chunk: number, from = 0) {
    this.#session = session;
    this.#chunk = chunk;
    this.#position = from;
  }

  get location(): string {
    return this.#session.location;
  }

  get pieceSize(): number {
    return this.#chunk;
  }

  checkpoint(): UploadCheckpoint {
    return { location: this.#session.location, held: this.#position, pieceSize: this.#chunk };
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let rest = bytes; rest.byteLength > 0; ) {
      const length = this.#open?.left ?? Math.min(this.#chunk, this.#session.blob.size - this.#position);
      const part = rest.subarray(0, length);
      rest = rest.subarray(part.byteLength);
      if (this.#open === undefined && part.byteLength === length) {
        await this.#sendWhole(part);
      } else {
        await this.#sendPart(part, length);
      }
    }
  }

  async finish(last: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#session.stored) {
      return;
    }
    await this.write(last);
    const { size } = this.#session.blob;
    const commit: Piece = { method: "PUT", start: size, end: size };
    await this.#session.finishCommit(this.#session.sendBytes(commit, new Uint8Array(0)), commit);
  }

  async resume(): Promise<number> {
    this.#abort();
    this.#position = await this.#session.position();
    return this.#position;
  }

  async cancel(): Promise<void> {
    this.#abort();
    await this.#session.cancel();
  }

  async #sendWhole(part: Uint8Array<ArrayBuffer>): Promise<void> {
    const piece: Piece = { method: "PATCH", start: this.#position, end: this.#position + part.byteLength };
    await this.#session.finishPatch(this.#session.sendBytes(piece, part), piece);
    this.#position = piece.end;
  }

  async #sendPart(part: Uint8Array<ArrayBuffer>, length: number): Promise<void> {
    this.#open ??= new OpenPiece(this.#session, { method: "PATCH", start: this.#position, end: this.#position + length });
    const { piece } = this.#open;
    await this.#open.write(part);
    this.#position += part.byteLength;
    if (this.#position === piece.end) {
      const answer = this.#open.answer();
      this.#open = undefined;
      await this.#session.finishPatch(answer, piece);
    }
  }

  #abort(): void {
    this.#open?.abort();
    this.#open = undefined;
  }
}
