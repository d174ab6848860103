/** A blob sent in one `PUT` that also commits it: the fewest requests. */
import type { BlobUpload } from "../oci/store.ts";
import { ChunkedUpload } from "./upload-chunked.ts";
import { OpenPiece } from "./upload-piece.ts";
import { chunkLength } from "./upload-plan.ts";
import type { Piece } from "./upload-progress.ts";
import type { UploadSession } from "./upload-session.ts";

/**
 * An upload as one `PUT`.
 *
 * The body is opened at the first `write`; a blob that comes whole in `finish` is sent so that it can be repeated. Where the `PUT`
 * broke off and the registry has kept its beginning, the rest goes by `PATCH`.
 */
export class MonolithicUpload implements BlobUpload {
  readonly #session: UploadSession;
  readonly #piece: Piece;
  #open: OpenPiece | undefined;
  #rest: ChunkedUpload | undefined;

  constructor(session: UploadSession) {
    this.#session = session;
    this.#piece = { method: "PUT", start: 0, end: session.blob.size };
  }

  get location(): string {
    return this.#session.location;
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#rest !== undefined) {
      await this.#rest.write(bytes);
      return;
    }
    this.#open ??= new OpenPiece(this.#session, this.#piece);
    await this.#open.write(bytes);
  }

  async finish(last: Uint8Array<ArrayBuffer>): Promise<void> {
    const session = this.#session;
    if (this.#rest !== undefined || session.stored) {
      await this.#rest?.finish(last);
    } else if (this.#open === undefined) {
      await session.finishCommit(session.sendBytes(this.#piece, last), this.#piece);
    } else {
      if (last.byteLength > 0) {
        await this.#open.write(last);
      }
      const answer = this.#open.answer();
      await session.finishCommit(answer, this.#piece);
    }
  }

  async resume(): Promise<number> {
    this.#abort();
    if (this.#rest !== undefined) {
      return await this.#rest.resume();
    }
    const { blob, plan, limits } = this.#session;
    const position = await this.#session.position();
    if (position > 0 && !this.#session.stored) {
      if (plan.chunkSize === 0) {
        throw this.#session.startOver(`The upload of ${blob.digest} broke off, and the registry takes no chunks to go on with`);
      }
      this.#rest = new ChunkedUpload(this.#session, chunkLength(plan, limits, blob.size), position);
    }
    return position;
  }

  async cancel(): Promise<void> {
    this.#abort();
    await (this.#rest ?? this.#session).cancel();
  }

  #abort(): void {
    this.#open?.abort();
    this.#open = undefined;
  }
}
