/** How a case of the registry contract is written down, and how it is tried on one registry. */
import { Readable } from "node:stream";
import { expect } from "vitest";
import { type HttpRequest, send } from "../support/http.ts";

/** What an answer has to be like; what is not said does not matter. */
export interface Expected {
  status: number;
  /** The first error of the body. */
  code?: string | RegExp;
  /** Lower-case names. `undefined`: the header must not be there. */
  headers?: Readonly<Record<string, string | RegExp | undefined>>;
  body?: Uint8Array | string | RegExp;
}

/** Where uploads of this case have gone on so far, oldest first. */
type Locations = readonly URL[];

export interface Step extends Omit<HttpRequest, "body"> {
  method: string;
  body?: Uint8Array | string;
  /** Sends the body as chunks, without its length. */
  chunked?: boolean;
  path: string | ((locations: Locations) => string);
  expected: Expected;
  /** What the strict fake answers instead, where distribution 2.8 lets things pass. */
  strict?: Expected;
}

export interface Case {
  name: string;
  steps: readonly Step[];
  /** Why only the strict fake can be asked this. */
  onlyStrict?: string;
}

/** A registry to be tried. */
interface Subject {
  url: string;
  strict: boolean;
  authorization?: string;
}

/** The newest Location, with something added to its query. */
export function newest(more = ""): (locations: Locations) => string {
  return (locations) => `${locations.at(-1)}${more}`;
}

/** The first Location of the case, which may be outdated. */
export function first(): (locations: Locations) => string {
  return ([location]) => `${location}`;
}

/** Tries a case: every step in order, each against its expectation. */
export async function tryCase({ steps }: Case, subject: Subject): Promise<void> {
  const locations: URL[] = [];
  for (const { method, path, expected, strict, body, chunked, ...request } of steps) {
    const url = new URL(typeof path === "string" ? path : path(locations), subject.url);
    const authorization = subject.authorization === undefined ? {} : { authorization: subject.authorization };
    const sent = body === undefined ? {} : { body: chunked ? Readable.from([Buffer.from(body)], { objectMode: false }) : body };
    const answer = await send(method, url, { ...request, ...sent, headers: { ...authorization, ...request.headers }, partial: true });
    const what = `${method} ${url.pathname}`;
    const wanted = subject.strict ? (strict ?? expected) : expected;
    expect(`${what} ${answer.status}`, answer.body.toString().slice(0, 500)).toBe(`${what} ${wanted.status}`);
    if (wanted.code !== undefined) {
      const { errors } = JSON.parse(answer.body.toString()) as { errors: { code: string }[] };
      expect(errors[0]?.code, what).toMatch(exactly(wanted.code));
    }
    for (const [name, value] of Object.entries(wanted.headers ?? {})) {
      const text = `${what}, ${name}`;
      if (value === undefined) {
        expect(answer.headers, text).not.toHaveProperty(name);
      } else {
        expect(answer.headers[name], text).toMatch(exactly(value));
      }
    }
    if (wanted.body instanceof RegExp) {
      expect(answer.body.toString(), what).toMatch(wanted.body);
    } else if (wanted.body !== undefined) {
      expect(answer.body.toString("latin1"), what).toBe(Buffer.from(wanted.body).toString("latin1"));
    }
    if (answer.headers.location !== undefined) {
      locations.push(new URL(answer.headers.location, url));
    }
  }
}

function exactly(value: string | RegExp): RegExp {
  return value instanceof RegExp ? value : new RegExp(`^${value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
}
