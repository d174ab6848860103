/** A token service (distribution `docs/spec/auth/token.md`, `oauth.md`): what it is asked, whom it trusts, what it gives. */
import { randomBytes } from "node:crypto";
import type { Answer, Exchange } from "./answer.ts";

/** What somebody may do. */
interface Grant {
  /** A repository, `prefix/*` for all below a prefix, or `*` for all. */
  repository: string;
  actions: readonly string[];
}

export interface TokenOptions {
  /** `null`: none, and a request that names one is refused (Q8). @default "fake-registry" */
  service?: string | null;
  /** Who gets `grants`. Without a user, nobody can log in. */
  user?: string;
  password?: string;
  /** A refresh token that stands for the user, as `identitytoken` in a Docker config. */
  identityToken?: string;
  /** What the user may do. @default everything */
  grants?: readonly Grant[];
  /** What anybody may do; `refused`: a token request without credentials is a 401 (Q37). @default nothing */
  anonymous?: readonly Grant[] | "refused";
  /** Seconds until a token expires; `absent`: not said in the answer, and 60 (Q15). @default 300 */
  expiresIn?: number | "absent";
  /** `issued_at` as answered, where it is not to be the time (Q16). */
  issuedAt?: string;
  /** Where the answer holds the token (Q14). @default "both" */
  field?: "token" | "access_token" | "both" | "neither";
  /** POST with a refresh token: answered, or not there (Q21). @default "answered" */
  post?: "answered" | 404 | 405;
  /** Which of several scopes count: all, the first (Q27), or the last of each repository (Q28). @default "all" */
  scopes?: "all" | "first" | "last-per-repository";
}

/** Actions on one repository. */
export interface Access {
  type: string;
  name: string;
  actions: string[];
}

export interface TokenClaims {
  service: string;
  subject: string;
  access: Access[];
  /** Seconds since the epoch. */
  issuedAt: number;
  expiresAt: number;
}

const EVERYTHING: readonly Grant[] = [{ repository: "*", actions: ["pull", "push", "delete"] }];

export class TokenService {
  readonly options: TokenOptions;
  readonly #sign: (claims: TokenClaims) => string;
  readonly #issued = new Map<string, TokenClaims>();

  /** `sign` makes the token's text; by default it is random, and only this service knows what it allows. */
  constructor(options: TokenOptions, sign: (claims: TokenClaims) => string = () => randomBytes(24).toString("base64url")) {
    this.options = options;
    this.#sign = sign;
  }

  get service(): string | null {
    return this.options.service === undefined ? "fake-registry" : this.options.service;
  }

  /** How many tokens were given. */
  get count(): number {
    return this.#issued.size;
  }

  /** What a token allows now; `undefined` where it is unknown, expired or revoked. */
  accessOf(token: string): readonly Access[] | undefined {
    const claims = this.#issued.get(token);
    return claims !== undefined && claims.expiresAt * 1000 > Date.now() ? claims.access : undefined;
  }

  /** Ends every token given so far, as if it had expired (Q18). */
  revokeAll(): void {
    for (const claims of this.#issued.values()) {
      claims.expiresAt = 0;
    }
  }

  /** Answers a token request: GET with Basic or nothing, POST with a form. */
  async answer(exchange: Exchange): Promise<Answer> {
    if (exchange.method === "GET") {
      return this.#answerGet(exchange);
    }
    const { post = "answered" } = this.options;
    if (exchange.method !== "POST" || post !== "answered") {
      return json(post === 404 ? 404 : 405, { details: "no such thing" });
    }
    return await this.#answerPost(exchange);
  }

  #answerGet({ query, headers }: Exchange): Answer {
    if (query.get("service") !== this.service) {
      return json(400, { details: `service is ${query.get("service")}, not ${this.service}` });
    }
    const who = this.#whoIs(headers.authorization);
    if (who === "nobody" || (who === "anybody" && this.options.anonymous === "refused")) {
      return json(401, { errors: [{ code: "UNAUTHORIZED", message: "incorrect username or password" }] });
    }
    const refresh = query.get("offline_token") === "true" ? { refresh_token: this.options.identityToken } : {};
    return this.#give(who, query.getAll("scope"), refresh);
  }

  async #answerPost({ body, headers }: Exchange): Promise<Answer> {
    if (headers["content-type"]?.split(";")[0] !== "application/x-www-form-urlencoded") {
      return json(400, { error: "invalid_request" });
    }
    const chunks: Buffer[] = [];
    for await (const chunk of body) {
      chunks.push(chunk);
    }
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    if (form.get("service") !== this.service || !form.get("client_id")) {
      return json(400, { error: "invalid_request", error_description: "service and client_id are needed" });
    }
    const { identityToken, user, password } = this.options;
    const known =
      form.get("grant_type") === "refresh_token"
        ? identityToken !== undefined && form.get("refresh_token") === identityToken
        : form.get("grant_type") === "password" && user !== undefined && form.get("username") === user && form.get("password") === password;
    if (!known) {
      return json(401, { error: "invalid_grant" });
    }
    return this.#give("user", form.getAll("scope"), { refresh_token: identityToken });
  }

  #whoIs(authorization: string | undefined): "user" | "anybody" | "nobody" {
    if (authorization === undefined) {
      return "anybody";
    }
    const { user, password } = this.options;
    return user !== undefined && authorization === basic(user, password ?? "") ? "user" : "nobody";
  }

  #give(who: "user" | "anybody", scopes: readonly string[], more: Record<string, unknown>): Answer {
    const { anonymous, grants, user, expiresIn = 300, issuedAt, field = "both" } = this.options;
    const allowed = who === "user" ? (grants ?? EVERYTHING) : Array.isArray(anonymous) ? anonymous : [];
    const now = Math.floor(Date.now() / 1000);
    const claims: TokenClaims = {
      service: this.service ?? "",
      subject: who === "user" ? (user ?? "") : "",
      access: parseScopes(scopes, this.options.scopes ?? "all").map((access) => cutDown(access, allowed)),
      issuedAt: now,
      expiresAt: now + (expiresIn === "absent" ? 60 : expiresIn),
    };
    const token = this.#sign(claims);
    this.#issued.set(token, claims);
    return json(200, {
      ...(field === "token" || field === "both" ? { token } : {}),
      ...(field === "access_token" || field === "both" ? { access_token: token } : {}),
      ...(expiresIn === "absent" ? {} : { expires_in: expiresIn }),
      issued_at: issuedAt ?? new Date(now * 1000).toISOString(),
      ...more,
    });
  }
}

/** The Authorization header of a user and password. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** Reads scopes, several in one parameter too. A name may hold colons, so it is what stands between the first and the last (Q30). */
function parseScopes(parameters: readonly string[], which: NonNullable<TokenOptions["scopes"]>): Access[] {
  const all: Access[] = [];
  for (const scope of parameters.flatMap((parameter) => parameter.split(" ")).filter(Boolean)) {
    const [first, last] = [scope.indexOf(":"), scope.lastIndexOf(":")];
    const access = { type: scope.slice(0, first), name: scope.slice(first + 1, last), actions: scope.slice(last + 1).split(",") };
    const earlier = which === "last-per-repository" ? all.findIndex(({ name }) => name === access.name) : -1;
    if (earlier >= 0) {
      all.splice(earlier, 1);
    }
    all.push(access);
  }
  return which === "first" ? all.slice(0, 1) : all;
}

function cutDown(access: Access, grants: readonly Grant[]): Access {
  const actions = access.actions.filter((action) =>
    grants.some((grant) => covers(grant.repository, access.name) && grant.actions.includes(action)),
  );
  return { ...access, actions };
}

function covers(pattern: string, name: string): boolean {
  return pattern === "*" || pattern === name || (pattern.endsWith("/*") && name.startsWith(pattern.slice(0, -1)));
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}
