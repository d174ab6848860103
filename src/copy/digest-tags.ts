/** Which tags named after digests a repository has, found out with as few requests as may be. */
import type { Digest } from "../oci/digest.ts";
import type { TagPage } from "../oci/directory.ts";
import { failureOf } from "../oci/errors.ts";
import { isDigestTag } from "../oci/referrer-tags.ts";

/** Tags kept in memory, some 10 MB of them; of a repository with more, each tag is asked for. */
const MAX_KEPT = 50_000;

/**
 * The tags of one repository that are named after digests.
 *
 * One page of tags tells for all manifests at once what takes three `HEAD`s for each, and most repositories have one page. A list may have hundreds, though,
 * and nobody says so beforehand. So no more pages are read than manifests were asked about, then the tags are asked for one by one: at worst four requests
 * for each manifest, a third more than without a list, while a list that is read to its end has no worst case. To begin a list right before a manifest's tags
 * (`last`) would be one request for each, but not every registry sorts its list (Q142): a signature could be left behind without a word. A page that
 * was read in the same slice of a job is not read again.
 */
export class DigestTags {
  readonly #page: (next?: string) => Promise<TagPage>;
  readonly #found = new Set<string>();
  readonly #asked = new Set<Digest>();
  readonly #pagesSeen = new Set<string>();
  #pages = 0;
  #next: string | undefined;
  #state: "reading" | "complete" | "given-up" = "reading";
  #turn: Promise<unknown> = Promise.resolve();

  constructor(page: (next?: string) => Promise<TagPage>) {
    this.#page = page;
  }

  /**
   * Gives a test for tags of these manifests: there, not there, or (`undefined`) not known, so that it has to be asked for.
   *
   * A list that the registry refuses to give makes all unknown. Fails with what may pass: `rate-limited`, `registry-unavailable`, `timeout`, and when cancelled.
   */
  async look(subjects: readonly Digest[]): Promise<(tag: string) => boolean | undefined> {
    for (const subject of subjects) {
      this.#asked.add(subject);
    }
    // One after the other, so that no page is read twice.
    const turn = this.#turn.then(() => this.#read());
    this.#turn = turn.catch(() => {});
    await turn;
    return (tag) => this.#found.has(tag) || (this.#state === "complete" ? false : undefined);
  }

  async #read(): Promise<void> {
    while (this.#state === "reading" && this.#pages < this.#asked.size) {
      try {
        this.#take(await this.#page(this.#next));
      } catch (error) {
        const { retry, code } = failureOf(error);
        if (retry !== "never" || code === "cancelled") {
          throw error;
        }
        this.#state = "given-up";
      }
    }
  }

  #take({ tags, next }: TagPage): void {
    for (const tag of tags) {
      if (isDigestTag(tag)) {
        this.#found.add(tag);
      }
    }
    this.#pages++;
    this.#next = next;
    if (next === undefined) {
      this.#state = "complete";
    } else if (this.#found.size > MAX_KEPT || this.#pagesSeen.has(next)) {
      this.#state = "given-up";
    }
    this.#pagesSeen.add(next ?? "");
  }
}
