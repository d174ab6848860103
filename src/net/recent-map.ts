/**
 * Hosts of which a process remembers something, in each map of them: those of 58 jobs with 17 registries each, side by side, and more than the dozens that
 * an instance is for. At some 200 bytes an entry a full map is a 600th of the 128 MB that the process has.
 */
export const MAX_HOSTS = 1_000;

/** A map of bounded size: what was put or used longest ago is forgotten first. */
export class RecentMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #capacity: number;

  /** @param capacity Entries kept at most. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Returns the value without counting as a use. */
  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /** Returns the value, which then counts as used last. */
  use(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  /** Puts a value, and forgets the oldest one where there are too many. */
  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#capacity) {
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest as K);
    }
  }

  /** Forgets the key. */
  delete(key: K): void {
    this.#entries.delete(key);
  }
}
