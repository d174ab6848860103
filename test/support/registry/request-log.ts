/** What a registry was asked, and what it answered. */

export interface LoggedRequest {
  /** Which of the registry's hosts was asked. */
  server: "registry" | "token" | "storage";
  method: string;
  path: string;
  /** With the `?`, or empty. */
  query: string;
  /** Lower-case names. Of Authorization only the scheme is kept. */
  headers: Record<string, string>;
  /** 0 while it is not answered, and where the connection ended before. */
  status: number;
  /** Bytes of the request's body that were read. */
  bytesIn: number;
  /** Bytes of the answer's body that were sent. */
  bytesOut: number;
  /** Milliseconds since the epoch. */
  at: number;
  /** Requests that were in progress when this one came, itself included. */
  concurrent: number;
  /** Whether the exchange is over, in whatever way. */
  ended: boolean;
}

/** Which requests one is interested in. */
export interface RequestFilter {
  method?: string;
  /** Regular expression, tried on path and query. */
  path?: string;
  server?: LoggedRequest["server"];
}

export class RequestLog {
  readonly entries: LoggedRequest[] = [];
  #inProgress = 0;
  #watchers: { filter: RequestFilter; count: number; found: () => void }[] = [];

  /** Notes that a request has come. */
  begin(entry: Omit<LoggedRequest, "status" | "bytesIn" | "bytesOut" | "at" | "concurrent" | "ended">): LoggedRequest {
    this.#inProgress += 1;
    const logged = { ...entry, status: 0, bytesIn: 0, bytesOut: 0, at: Date.now(), concurrent: this.#inProgress, ended: false };
    this.entries.push(logged);
    this.#watchers = this.#watchers.filter(({ filter, count, found }) => {
      const there = this.select(filter).length >= count;
      if (there) {
        found();
      }
      return !there;
    });
    return logged;
  }

  /** Notes that a request is over. */
  end(entry: LoggedRequest): void {
    if (!entry.ended) {
      entry.ended = true;
      this.#inProgress -= 1;
    }
  }

  /** The requests that match, in the order in which they came. */
  select({ method, path, server }: RequestFilter): LoggedRequest[] {
    const pattern = path === undefined ? undefined : new RegExp(path);
    return this.entries.filter(
      (entry) =>
        (method === undefined || entry.method === method) &&
        (server === undefined || entry.server === server) &&
        (pattern === undefined || pattern.test(entry.path + entry.query)),
    );
  }

  /** Resolves once so many matching requests have come. */
  waitFor(filter: RequestFilter, count = 1): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.select(filter).length >= count) {
      resolve();
    } else {
      this.#watchers.push({ filter, count, found: resolve });
    }
    return promise;
  }

  /** Forgets what has come so far. */
  clear(): void {
    this.entries.length = 0;
  }
}
