/** The running digest of a blob, able to go back: what lets an upload resume at an earlier byte and still commit nothing unchecked. */
import type { Descriptor } from "../oci/descriptor.ts";
import { algorithmOf, createHasher, type Digest, type Hasher } from "../oci/digest.ts";

/** Bytes between two snapshots. A resume reads at most this much again; a snapshot is a few hundred bytes, so 5 GiB keep 640 of them. */
const SNAPSHOT_EVERY = 8 * 1024 * 1024;

/** What the byte loop asks of a running digest. */
export interface RunningHash {
  /** Position of the next byte to hash. */
  readonly offset: number;
  /** Takes the bytes that follow; in order and without gaps. */
  update(bytes: Uint8Array): void;
  /** Goes back to `offset`, or to a little before it, and returns the position: from there the blob has to be read again. */
  rewind(offset: number): number;
  /** The digest of everything so far; `undefined` where nothing was hashed, because that is done elsewhere. */
  digest(): Digest | undefined;
}

interface Snapshot {
  offset: number;
  hasher: Hasher;
}

/** Counts and hashes nothing: for bytes that were checked before, or that are checked afterwards. */
export class NoHash implements RunningHash {
  #offset: number;

  constructor(offset = 0) {
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  update(bytes: Uint8Array): void {
    this.#offset += bytes.byteLength;
  }

  rewind(offset: number): number {
    this.#offset = offset;
    return offset;
  }

  digest(): undefined {
    return undefined;
  }
}

/**
 * Hashes a blob's bytes in order, with a snapshot of the state every 8 MiB.
 *
 * A destination that lost a connection may hold fewer bytes than were hashed. The bytes that must be sent again are read again,
 * and may differ the second time; so the hash is set back as well, and every byte that is committed was hashed as it was sent.
 */
export class VerifiedHash implements RunningHash {
  readonly #blob: Descriptor;
  #hasher: Hasher;
  #offset = 0;
  /** By rising offset; never empty. */
  #snapshots: Snapshot[];
  readonly #every: number;

  /** @param every Bytes between two snapshots. Where `update` is called at a multiple of it, there is one exactly there. */
  constructor(blob: Descriptor, every = SNAPSHOT_EVERY) {
    this.#blob = blob;
    this.#every = every;
    this.#hasher = createHasher(algorithmOf(blob.digest));
    this.#snapshots = [{ offset: 0, hasher: this.#hasher.copy() }];
  }

  get offset(): number {
    return this.#offset;
  }

  update(bytes: Uint8Array): void {
    this.#hasher.update(bytes);
    this.#offset += bytes.byteLength;
    const last = this.#snapshots.at(-1) as Snapshot;
    if (this.#offset - last.offset >= this.#every && this.#offset < this.#blob.size) {
      this.#snapshots.push({ offset: this.#offset, hasher: this.#hasher.copy() });
    }
  }

  /** Goes back to the last snapshot at or before `offset`; to a later one only where the earlier ones were forgotten. */
  rewind(offset: number): number {
    if (offset === this.#offset) {
      return offset;
    }
    while (this.#snapshots.length > 1 && (this.#snapshots.at(-1)?.offset ?? 0) > offset) {
      this.#snapshots.pop();
    }
    const snapshot = this.#snapshots.at(-1) as Snapshot;
    this.#hasher = snapshot.hasher.copy();
    this.#offset = snapshot.offset;
    return this.#offset;
  }

  /** Drops the snapshots that only a rewind to before `offset` would need. */
  forgetBefore(offset: number): void {
    const needed = this.#snapshots.findLastIndex((snapshot) => snapshot.offset <= offset);
    this.#snapshots = this.#snapshots.slice(Math.max(0, needed));
  }

  digest(): Digest {
    return this.#hasher.copy().digest();
  }
}
