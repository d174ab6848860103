/** Answers that are asked for once, for as long as one step of a job needs them: whoever asks again gets the same, and so the same failure. */
export class Once<K, V> {
  readonly #answers = new Map<K, Promise<V>>();

  /** Returns the answer to `key`, and calls `ask` for it only where nobody did before; a failure is kept as any answer is. */
  get(key: K, ask: () => Promise<V>): Promise<V> {
    const known = this.#answers.get(key);
    if (known !== undefined) {
      return known;
    }
    const answer = ask();
    this.#answers.set(key, answer);
    return answer;
  }
}
