/** Who may do what at a registry, and the 401 that says how to log in. */
import { type Answer, type Exchange, failure } from "./answer.ts";
import { type Access, basic, type TokenOptions, type TokenService } from "./tokens.ts";

export type AuthOptions =
  | { kind: "none" }
  | ({ kind: "basic"; user: string; password: string } & ChallengeOptions)
  | ({ kind: "bearer" } & TokenOptions & ChallengeOptions);

interface ChallengeOptions {
  /**
   * The WWW-Authenticate header, with `{realm}`, `{service}` and `{scope}` to be filled in (Q1–Q12).
   * @default distribution's form
   */
  challenge?: string;
  /** 401 answers have no WWW-Authenticate, except at `/v2/` (Q5). @default false */
  challengeOnlyAtPing?: boolean;
  /** `/v2/` answers 200 to anybody (Q6). @default false */
  openPing?: boolean;
  /** Of a registry with tokens: takes user and password by Basic as well (Q12). @default false */
  basicToo?: boolean;
  /** Of a registry with tokens: what every token must allow as well. Challenges say so only to one that does not (Q13). @default nothing */
  alsoNeeds?: readonly Need[];
}

/** What a request needs, beside being known at all. */
interface Need {
  repository: string;
  actions: readonly string[];
}

/** Gives the refusal of a request, or `undefined` where it may go on. */
export function refuse(
  auth: AuthOptions,
  tokens: { service: TokenService; realm: string } | undefined,
  exchange: Exchange,
  needs: readonly Need[],
): Answer | undefined {
  const isPing = exchange.path === "/v2/";
  if (auth.kind === "none" || (isPing && auth.openPing)) {
    return undefined;
  }
  const sent = exchange.headers.authorization;
  if (auth.kind === "basic") {
    if (sent === basic(auth.user, auth.password)) {
      return undefined;
    }
    const header = auth.challenge ?? `Basic realm="Registry Realm"`;
    return unauthorized(auth, isPing, header.replaceAll("{realm}", `${exchange.origin}${exchange.path}`));
  }
  if (auth.basicToo && sent === basic(auth.user ?? "", auth.password ?? "")) {
    return undefined;
  }
  const access = sent !== undefined && /^bearer /i.test(sent) ? tokens?.service.accessOf(sent.slice("bearer ".length).trim()) : undefined;
  const all = [...needs, ...(auth.alsoNeeds ?? [])];
  if (access !== undefined && all.every((need) => allows(access, need))) {
    return undefined;
  }
  const named = access === undefined ? needs : all;
  const scope = named.map(({ repository, actions }) => `repository:${repository}:${actions.join(",")}`).join(" ");
  const error = sent === undefined ? "" : access === undefined ? ',error="invalid_token"' : ',error="insufficient_scope"';
  const header = auth.challenge ?? `Bearer realm="{realm}",service="{service}"${scope === "" ? "" : `,scope="{scope}"`}${error}`;
  const filled = header
    .replaceAll("{realm}", tokens?.realm ?? "")
    .replaceAll("{service}", tokens?.service.service ?? "")
    .replaceAll("{scope}", scope);
  return unauthorized(auth, isPing, filled);
}

/** The actions that distribution asks for by method (`handlers/app.go`), and the mount source's (Q29). */
export function needsOf(exchange: Exchange, repository: string | undefined): Need[] {
  if (repository === undefined) {
    return [];
  }
  const actions = { GET: ["pull"], HEAD: ["pull"], DELETE: ["delete"] }[exchange.method] ?? ["pull", "push"];
  const from = exchange.query.has("mount") ? exchange.query.get("from") : null;
  return [{ repository, actions }, ...(from === null ? [] : [{ repository: from, actions: ["pull"] }])];
}

function allows(access: readonly Access[], need: Need): boolean {
  return need.actions.every((action) =>
    access.some(({ type, name, actions }) => type === "repository" && name === need.repository && actions.includes(action)),
  );
}

function unauthorized(auth: ChallengeOptions, isPing: boolean, challenge: string): Answer {
  const answer = failure("UNAUTHORIZED", "authentication required");
  const silent = auth.challengeOnlyAtPing && !isPing;
  return silent ? answer : { ...answer, headers: { ...answer.headers, "www-authenticate": challenge } };
}
