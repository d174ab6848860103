/** Faults: what goes wrong with which request. */

/** Which requests a fault is for: all that match, counted in the order in which they come. */
export interface FaultRule {
  /** To find the fault again. @default a number */
  id?: string;
  /** @default any */
  method?: string;
  /** Regular expression, tried on path and query: `/v2/a/b/blobs/sha256:…`. @default any */
  path?: string;
  /** Which of the registry's hosts. @default any */
  server?: "registry" | "token" | "storage";
  /** Matching requests that are let through first. @default 0 */
  skip?: number;
  /** How many requests it is for, after those. @default 1 */
  times?: number | "always";
  action: FaultAction;
}

/** What goes wrong. Several at once apply in this order. */
export interface FaultAction {
  /** Waits this long before anything else. */
  delayMs?: number;
  /** Waits until {@link Faults.release} is called with this name. */
  hold?: string;
  /** Ends the connection: before the request's body is read, after it was read, or after the request was done and stored. */
  dropConnection?: "at-once" | "after-body" | "after-handling";

  // ---- the request's body
  /** Resets the connection once this many bytes of the body have come. */
  resetRequestAfter?: number;
  /** Stops reading after this many bytes of the body, until the client gives up. */
  stallRequestAfter?: number;
  /** Reads no faster than this many bytes a second. */
  requestRate?: number;

  // ---- an answer in place of the registry's own
  /** Answers with this status, without doing the request. */
  status?: number;
  /** The body that goes with `status`; objects as JSON. */
  body?: unknown;
  /** That body so many times over. It is made as it is sent, so it may be of any size. @default 1 */
  bodyTimes?: number;
  /** Answers 200 with a page of HTML, without doing the request. */
  html200?: boolean;
  /** Answers `redirectStatus` with this Location, in which `{path}` stands for the request's path and query. */
  redirectTo?: string;
  /** @default 307 */
  redirectStatus?: number;
  /** Answers at once, without reading the request's body, and ends the connection. @default false */
  early?: boolean;

  /** Begins an answer and sends one byte of a header that never ends each so many milliseconds, until the client gives up. */
  endlessHeadMs?: number;

  // ---- changes to the answer
  /** Headers set, or with `null` taken away. */
  headers?: Record<string, string | null>;
  /** Retry-After, where an answer in place of the registry's own is given. */
  retryAfter?: string | number;
  /** The request is done, yet answered with this status and no body. */
  answerStatus?: number;
  /** Flips the lowest bit of the byte at this offset of the body. */
  flipBitAt?: number;
  /** Sends this many bytes more than there are; Content-Length says so. */
  extraBytes?: number;
  /** Ends the body after this many bytes: Content-Length still names all of them, unless `lengthFits`. */
  truncateAfter?: number;
  /** With `truncateAfter`, Content-Length is that of the short body: nothing looks broken. */
  lengthFits?: boolean;
  /** Sends the body as chunks, without Content-Length. */
  noLength?: boolean;
  /** Resets the connection after this many bytes of the body. */
  resetAfter?: number;
  /** Sends no more after this many bytes of the body, and leaves the connection open. */
  stallAfter?: number;
  /** Sends no faster than this many bytes a second. */
  rate?: number;
  /** Sends pieces of this many bytes: with `rate`, one after the other. @default the body's own chunks */
  pieceBytes?: number;
}

/** A fault with its place in the queue. */
export interface ActiveFault extends FaultRule {
  id: string;
  /** Requests that matched. */
  seen: number;
  /** Requests that it was applied to. */
  applied: number;
}

/** The faults of one registry; the first that matches is the one that applies. */
export class Faults {
  readonly #active: ActiveFault[] = [];
  readonly #gates = new Map<string, PromiseWithResolvers<void>>();
  #count = 0;

  /** Adds a fault, and gives its id. */
  add(rule: FaultRule): string {
    this.#count += 1;
    const id = rule.id ?? String(this.#count);
    this.#active.push({ ...rule, id, seen: 0, applied: 0 });
    return id;
  }

  /** What is left of a fault, or `undefined` once it was removed. */
  find(id: string): ActiveFault | undefined {
    return this.#active.find((fault) => fault.id === id);
  }

  /** Removes one fault, or all. */
  remove(id?: string): void {
    const rest = id === undefined ? [] : this.#active.filter((fault) => fault.id !== id);
    this.#active.splice(0, Infinity, ...rest);
  }

  /** Finds what goes wrong with a request, and counts it. */
  take(server: string, method: string, pathAndQuery: string): FaultAction | undefined {
    for (const fault of this.#active) {
      const fits =
        (fault.method === undefined || fault.method === method) &&
        (fault.server === undefined || fault.server === server) &&
        (fault.path === undefined || new RegExp(fault.path).test(pathAndQuery));
      if (!fits) {
        continue;
      }
      const { times = 1 } = fault;
      if (times !== "always" && fault.applied >= times) {
        continue;
      }
      fault.seen += 1;
      if (fault.seen > (fault.skip ?? 0)) {
        fault.applied += 1;
        return fault.action;
      }
    }
    return undefined;
  }

  /** Waits for a gate to open; one that is open already lets everything through. */
  async pass(gate: string): Promise<void> {
    await this.#gate(gate).promise;
  }

  /** Lets go what waits under this name, now and later. */
  release(gate: string): void {
    this.#gate(gate).resolve();
  }

  /** Removes all faults and lets everything go. */
  clear(): void {
    this.remove();
    for (const gate of this.#gates.values()) {
      gate.resolve();
    }
    this.#gates.clear();
  }

  #gate(name: string): PromiseWithResolvers<void> {
    let gate = this.#gates.get(name);
    if (gate === undefined) {
      gate = Promise.withResolvers();
      this.#gates.set(name, gate);
    }
    return gate;
  }
}
