/** Answers that are asked for once, for as long as one step of a job needs them: whoever asks again gets the same, and so the same failure. */
export class Once<K, V> {
  readonly #answers = new Map<K, Promise<V>>();

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
