/** How far an upload has got, by what was sent and what the registry said, which is not always true. Pure. */

/** After so many requests that broke off without an answer and without a byte kept, their size is taken for the cause. */
const HOPELESS_AFTER = 2;

/** Times in a row that a registry may say that bytes belong elsewhere: then its own word was followed, and it does not know where it stands. */
const MAX_DISAGREEMENTS = 2;

/** Bytes of a blob that travel in one request: from `start`, without `end`. */
export interface Piece {
  /** `PATCH` for bytes that are kept for now; `PUT` for the whole blob and its commit, or for the commit alone. */
  method: "PATCH" | "PUT";
  /** Position of its first byte in the blob. */
  start: number;
  /** Position after its last byte. */
  end: number;
}

/** Counts what was sent in one upload and what the registry has acknowledged, and says where to go on after a failure. */
export class UploadProgress {
  /** Bytes that answers of success have acknowledged. */
  #acknowledged = 0;
  /** End of the furthest byte that was ever on its way. */
  #offered = 0;
  /** Requests that broke off without an answer. */
  #broken = 0;
  #disagreements = 0;

  /** End of the furthest byte that was ever on its way. */
  get offered(): number {
    return this.#offered;
  }

  /** Notes that a request with these bytes is about to be sent. */
  offer(piece: Piece): void {
    this.#offered = Math.max(this.#offered, piece.end);
  }

  /**
   * Notes that a piece was answered with success, and returns how many bytes the registry holds then. `held` is what its `Range` says.
   *
   * All of the piece, unless the registry names a place inside it: no `Range` means so (Q88), and one that has not moved is ECR's
   * way (Q87).
   */
  acknowledge(piece: Piece, held: number | undefined): number {
    const inside = held !== undefined && held > Math.max(piece.start, 1) && held < piece.end;
    this.#disagreements = 0;
    this.#acknowledged = inside ? held : piece.end;
    return this.#acknowledged;
  }

  /** Notes that the registry disagrees about where the upload stands: from now on only its own word counts. Returns whether it is worth asking for that. */
  disagree(): boolean {
    this.#acknowledged = 0;
    return ++this.#disagreements <= MAX_DISAGREEMENTS;
  }

  /** Notes that a request broke off without an answer. */
  breakOff(): void {
    this.#broken++;
  }

  /**
   * Whether the upload has broken off again and again without a byte kept. A proxy that finds a body too large (Q97) may close the
   * connection before its 413 is read.
   */
  isHopeless(position: number): boolean {
    return position === 0 && this.#broken >= HOPELESS_AFTER;
  }

  /**
   * Returns from which byte to go on, where the registry says that it holds `held`. `undefined` where that is more than was ever sent.
   *
   * The registry is believed unless it says less than it has acknowledged (Q87), or one byte where it has acknowledged none: that is
   * how some spell an empty upload (Q86).
   */
  position(held: number | undefined): number | undefined {
    const believed = held === undefined || (held === 1 && this.#acknowledged === 0) ? 0 : held;
    const position = Math.max(this.#acknowledged, believed);
    return position > this.#offered ? undefined : position;
  }
}
