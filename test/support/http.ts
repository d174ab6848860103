/** Plain HTTP for tests: every header as given, no redirect followed, nothing decoded, bodies of any length. */
import { request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export interface HttpAnswer {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
  /** With `partial`: the connection ended before the body did. */
  broken?: boolean;
}

export interface HttpRequest {
  headers?: Record<string, string>;
  /** Bytes are sent with their length; a stream with `content-length` from `headers`, else as chunks. */
  body?: Uint8Array | string | Readable;
  /** Gives an answer whose body breaks off as far as it came, with `broken` set. @default false: rejects */
  partial?: boolean;
}

/** Sends one request and reads the answer to its end. Rejects where the connection breaks, in the middle of the answer too. */
export async function send(method: string, url: URL | string, { headers = {}, body, partial }: HttpRequest = {}): Promise<HttpAnswer> {
  const bytes = body === undefined || body instanceof Readable ? undefined : Buffer.from(body);
  const length = bytes === undefined ? (body === undefined && method !== "GET" && method !== "HEAD" ? 0 : undefined) : bytes.length;
  const outgoing = request(String(url), {
    method,
    // A connection of its own: one that is kept may be closed under the next request.
    agent: false,
    headers: { ...(length === undefined ? {} : { "content-length": String(length) }), ...headers },
  });
  const answered = new Promise<HttpAnswer>((resolve, reject) => {
    outgoing.once("error", reject);
    outgoing.once("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      const answer = (): HttpAnswer => {
        const names = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
        return { status: incoming.statusCode ?? 0, headers: Object.fromEntries(names), body: Buffer.concat(chunks) };
      };
      const broken = (error: Error): void => (partial ? resolve({ ...answer(), broken: true }) : reject(error));
      incoming.once("error", broken);
      outgoing.off("error", reject).on("error", broken);
      incoming.once("end", () => resolve(answer()));
    });
  });
  if (body instanceof Readable) {
    // A server that answers early ends the connection under the body; its answer is what counts.
    await Promise.race([pipeline(body, outgoing).catch(() => {}), answered]);
  } else {
    outgoing.end(bytes);
  }
  return await answered;
}

/** Name and password at a registry. */
export interface Login {
  user: string;
  password: string;
}

/**
 * Gives the Authorization header for pushing to and pulling from one repository, or `undefined` where none is wanted.
 * Understands the challenges of distribution and of the fake registry, no others.
 */
export async function authorize(base: string, repository: string, login?: Login): Promise<string | undefined> {
  const challenge = (await send("GET", `${base}/v2/`)).headers["www-authenticate"];
  if (challenge === undefined) {
    return undefined;
  }
  const basic = login && `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
  if (!challenge.startsWith("Bearer ")) {
    return basic;
  }
  const parameters = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  const url = new URL(parameters.realm ?? "");
  url.searchParams.set("service", parameters.service ?? "");
  url.searchParams.set("scope", `repository:${repository}:pull,push`);
  const { body } = await send("GET", url, basic === undefined ? {} : { headers: { authorization: basic } });
  const { token, access_token } = JSON.parse(body.toString()) as { token?: string; access_token?: string };
  return `Bearer ${token ?? access_token}`;
}
