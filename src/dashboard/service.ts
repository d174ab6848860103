/** The API as the dashboard calls it: the token, requests and what their answers mean. */
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Problem } from "../jobs/document.ts";

/** What went wrong with a request: the service's problem document, or the same for an answer that never came (`status` 0). */
export type Trouble = Pick<Problem, "title" | "detail" | "status"> &
  Partial<Pick<Problem, "errors" | "side" | "registry" | "upstream">> & { code: string };

/** What came of a request: the value that the service answered with, or why there is none. */
export type Answer<T> = { ok: true; status: number; value: T } | { ok: false; trouble: Trouble };

/** Where the browser keeps the token; nothing else is stored. */
const TOKEN_KEY = "transship.token";

/** What a browser offers for keeping a text; a private window may refuse. */
type TokenStore = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** How the service stands with the token in use. */
export interface Access {
  /** Why the service refuses the token; undefined while it does not. */
  refused: string | undefined;
  /** A number that grows with each new token: whatever was requested with the old one has to be requested again. */
  generation: number;
  hasToken: boolean;
}

/** The API of the service that this page came from, called with the token. Never rejects: failures are values. */
export class Service {
  readonly #store: TokenStore;
  readonly #listeners = new Set<() => void>();
  #token: string | undefined;
  #access: Access;

  constructor(store: TokenStore) {
    this.#store = store;
    this.#token = store.getItem(TOKEN_KEY) ?? undefined;
    this.#access = { refused: undefined, generation: 0, hasToken: this.#token !== undefined };
  }

  /** How it stands with the token now; {@link subscribe} tells of changes. */
  get access(): Access {
    return this.#access;
  }

  /** Takes another token, or none for a service that is open to anybody. */
  setToken(token: string | undefined): void {
    this.#token = token;
    if (token === undefined) {
      this.#store.removeItem(TOKEN_KEY);
    } else {
      this.#store.setItem(TOKEN_KEY, token);
    }
    this.#tell({ refused: undefined, generation: this.#access.generation + 1, hasToken: token !== undefined });
  }

  /** Calls `listener` whenever {@link access} changes, until the function that this returns is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Requests a JSON document. An aborted request is answered like one that failed. */
  get<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
    return this.#json(path, { method: "GET", ...(signal === undefined ? {} : { signal }) });
  }

  /** Posts `body` as JSON, or nothing where there is none, and reads the answer as JSON. */
  post<T>(path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer<T>> {
    const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { ...headers, "content-type": "application/json" } };
    return this.#json(path, { method: "POST", headers, ...json });
  }

  /** Sends a request with the token. Returns the response where its status is one of success, else what went wrong. */
  async send(path: string, init: RequestInit): Promise<Response | Trouble> {
    const { generation } = this.#access;
    const headers = new Headers(init.headers);
    if (this.#token !== undefined) {
      headers.set("authorization", `Bearer ${this.#token}`);
    }
    let response: Response;
    try {
      response = await fetch(path, { ...init, headers, cache: "no-store", credentials: "omit", redirect: "error" });
    } catch {
      return {
        title: "No answer",
        detail: "The service could not be reached. Check the connection; this page tries again.",
        status: 0,
        code: "unreachable",
      };
    }
    if (response.ok) {
      return response;
    }
    const trouble = await troubleOf(response);
    // An answer to a token that was replaced meanwhile says nothing about the new one.
    if (trouble.status === 401 && generation === this.#access.generation) {
      this.#tell({ ...this.#access, refused: trouble.detail });
    }
    return trouble;
  }

  async #json<T>(path: string, init: RequestInit): Promise<Answer<T>> {
    const answer = await this.send(path, init);
    if (!(answer instanceof Response)) {
      return { ok: false, trouble: answer };
    }
    try {
      return { ok: true, status: answer.status, value: (await answer.json()) as T };
    } catch {
      return { ok: false, trouble: { title: "Broken answer", detail: "The answer ended early.", status: 0, code: "unreachable" } };
    }
  }

  #tell(access: Access): void {
    this.#access = access;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

/** Reads a failed response. A proxy between the browser and the service may have sent it, so it need not be a problem document. */
async function troubleOf(response: Response): Promise<Trouble> {
  const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json") ?? false;
  const problem: unknown = isProblem ? await response.json().catch(() => undefined) : undefined;
  return typeof problem === "object" && problem !== null
    ? (problem as Problem)
    : {
        title: `Status ${response.status}`,
        detail: `The answer was ${response.status} without a word about why.`,
        status: response.status,
        code: "unreachable",
      };
}

/** Holds the service for the components below. */
export const ServiceContext = createContext<Service | undefined>(undefined);

/** Returns the service of the page; throws outside of a {@link ServiceContext}. */
export function useService(): Service {
  const service = useContext(ServiceContext);
  if (service === undefined) {
    throw new Error("there is no service around this component");
  }
  return service;
}

/** Returns the service's access, and renders the component again whenever it changes. */
export function useAccess(): Access {
  const service = useService();
  const [access, setAccess] = useState(service.access);
  useEffect(() => service.subscribe(() => setAccess(service.access)), [service]);
  return access;
}
