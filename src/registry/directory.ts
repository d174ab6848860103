/** Lists what is in one repository: its tags, and what is attached to its manifests. */
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import type { ContentDirectory, TagPage } from "../oci/directory.ts";
import { CopyError, type CopyErrorCode, failureOf } from "../oci/errors.ts";
import { checkResponse, failureSite } from "./errors.ts";
import { processReferrers, type ReferrersAnswer, referrersRequest } from "./referrers.ts";
import type { ReferrersMemory } from "./referrers-support.ts";
import type { Scope, Transport } from "./request.ts";
import { processTagList, tagListRequest } from "./tag-list.ts";

/** Most referrers of one manifest. Signed releases have some dozens; a list without an end is a fault. */
const MAX_REFERRERS_OF_ONE = 4_096;

/** Failures that no retry mends, of a token server or of a redirect that can't be followed, from which a registry without the API can't be told. */
const REFUSALS: readonly CopyErrorCode[] = ["access-denied", "address-refused", "registry-unavailable"];

/** Most pages of one list of referrers: pages of one entry would be odd, but not wrong. */
const MAX_PAGES = 1_000;

/** What a {@link RepositoryDirectory} is made of. */
export interface DirectoryOptions {
  transport: Transport;
  /** Path of the repository, without the host. */
  repository: string;
  /** What its tokens are asked to allow, the same as for the repository's content, so that one token does for both. */
  as: "source" | "target";
  /** Whether the registry has the referrers API, as far as that is known. */
  memory: ReferrersMemory;
  /** Ends every request. */
  signal?: AbortSignal;
}

/** The listings of one repository of one registry. Every method rejects with a `CopyError` on its own side. */
export class RepositoryDirectory implements ContentDirectory {
  readonly #options: DirectoryOptions;
  readonly #scopes: readonly Scope[];
  /** Settles with the first request for referrers. */
  #first: Promise<unknown> | undefined;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#scopes = [{ repository: options.repository, actions: options.as === "source" ? ["pull"] : ["pull", "push"] }];
  }

  async referrers(subject: Digest): Promise<Descriptor[] | undefined> {
    const { memory } = this.#options;
    let known = await memory.recall();
    if (known === undefined && this.#first !== undefined) {
      // One answer tells whether there is an API; without one, many requests side by side would all be in vain.
      await this.#first;
      known = await memory.recall();
    }
    if (known === false) {
      return undefined;
    }
    const listing = this.#list(subject);
    this.#first ??= listing.catch(() => {});
    return await listing;
  }

  async #list(subject: Digest): Promise<Descriptor[] | undefined> {
    const found: Descriptor[] = [];
    const asked = new Set<string>();
    let next: URL | undefined;
    do {
      const answer = await this.#page(subject, next);
      await this.#learn(answer, next);
      if (answer.found !== "listed") {
        return undefined;
      }
      found.push(...answer.referrers);
      next = answer.next;
      if (next !== undefined && (asked.has(next.href) || asked.size >= MAX_PAGES || found.length > MAX_REFERRERS_OF_ONE)) {
        throw this.#endless(subject);
      }
      asked.add(next?.href ?? "");
    } while (next !== undefined);
    return found;
  }

  async tagPage(next?: string): Promise<TagPage> {
    const { repository } = this.#options;
    const result = await this.#send(
      tagListRequest(this.#endpoint, repository, this.#scopes, next === undefined ? undefined : new URL(next)),
    );
    await checkResponse(result, this.#endpoint, `Listing the tags of ${repository}`, [200]);
    const page = await processTagList(result, this.#endpoint, repository);
    return { tags: page.tags, ...(page.next === undefined ? {} : { next: page.next.href }) };
  }

  async #page(subject: Digest, next: URL | undefined): Promise<ReferrersAnswer> {
    const name = { endpoint: this.#endpoint, repository: this.#options.repository, subject };
    try {
      return await processReferrers(await this.#send(referrersRequest(name, this.#scopes, next)), name);
    } catch (error) {
      const { code, retry } = failureOf(error);
      if (retry === "never" && REFUSALS.includes(code) && next === undefined) {
        return { found: "no-api" };
      }
      throw error instanceof CopyError && code === "manifest-invalid"
        ? new CopyError({ ...error.failure, ...failureSite(this.#endpoint) })
        : error;
    }
  }

  /** A later page that is refused is no sign that there is no API: the first one was given. */
  async #learn({ found }: ReferrersAnswer, next: URL | undefined): Promise<void> {
    if (found === "listed" || (found === "no-api" && next === undefined)) {
      await this.#options.memory.learn(found === "listed");
    } else if (next !== undefined) {
      throw new CopyError({
        code: "registry-unavailable",
        message: `${this.#endpoint.registry} gave the first page of a list of referrers in ${this.#options.repository}, but not the next`,
        retry: "later",
        ...failureSite(this.#endpoint),
      });
    }
  }

  #endless(subject: Digest): CopyError {
    const message = `${this.#endpoint.registry} lists the referrers of ${subject} in ${this.#options.repository} without an end, or more than ${MAX_REFERRERS_OF_ONE}`;
    return new CopyError({ code: "unsupported", message, retry: "never", ...failureSite(this.#endpoint) });
  }

  get #endpoint() {
    return this.#options.transport.endpoint;
  }

  #send(request: Parameters<Transport["send"]>[0]) {
    const { transport, signal } = this.#options;
    return transport.send(signal === undefined ? request : { ...request, signal });
  }
}
