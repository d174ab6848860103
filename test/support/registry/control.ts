/**
 * The fake registry's remote control, at `/_control/…` of the registry's host: for tests that run inside workerd, where
 * no Node object can be reached. Bodies are JSON unless said otherwise; `remote.ts` is its client.
 */
import { storeImage, summarize } from "../images/deliver.ts";
import { type ArtifactOptions, generateArtifact, generateImage, type ImageOptions } from "../images/image.ts";
import type { Answer, Exchange } from "./answer.ts";
import type { FakeRegistry, RegistryOptions } from "./fake-registry.ts";
import type { FaultRule } from "./faults.ts";
import type { Quirks } from "./quirks.ts";
import type { LoggedRequest, RequestFilter } from "./request-log.ts";

/** Time for the answer to leave before all connections end. */
const OUTAGE_DELAY_MS = 20;

type Command = (registry: FakeRegistry, exchange: Exchange, body: Buffer) => Answer | Promise<Answer>;

const COMMANDS: Readonly<Record<string, Command>> = {
  /** Body: a fault rule. Answer: its id. */
  "POST faults": (registry, _, body) => json(registry.fail(parse<FaultRule>(body))),
  /** Query: `id`. Answer: the fault and how often it was applied, or null. */
  "GET faults": (registry, { query }) => json(registry.faults.find(query.get("id") ?? "") ?? null),
  /** Query: `id`, or none for all. */
  "DELETE faults": (registry, { query }) => {
    registry.faults.remove(query.get("id") ?? undefined);
    return json(null);
  },
  /** Body: the name of a gate. */
  "POST release": (registry, _, body) => {
    registry.faults.release(parse<string>(body));
    return json(null);
  },
  /** Query: `method`, `path`, `server`; with `wait`, answers once so many such requests have come. Answer: logged requests. */
  "GET requests": async (registry, { query }) => {
    const filter: RequestFilter = Object.fromEntries([...query].filter(([name]) => name !== "wait"));
    const wait = query.get("wait");
    if (wait !== null) {
      await registry.requests.waitFor(filter, Number(wait));
    }
    return json(registry.requests.select(filter) satisfies LoggedRequest[]);
  },
  "DELETE requests": (registry) => {
    registry.requests.clear();
    return json(null);
  },
  /** Body: switches to set. */
  "PATCH quirks": (registry, _, body) => {
    Object.assign(registry.quirks, parse<Partial<Quirks>>(body));
    return json(null);
  },
  /** Query: `repository`, and `digest` where that is not sha256. Body: the blob. Answer: its digest. */
  "PUT blob": (registry, { query }, body) => json(registry.putBlob(query.get("repository") ?? "", body, query.get("digest") ?? undefined)),
  /** Query: `repository`, `digest`. Answer: the blob, or 404. */
  "GET blob": async (registry, { query }) => {
    const [repository, digest] = [query.get("repository") ?? "", query.get("digest") ?? ""];
    return registry.hasBlob(repository, digest) ? { status: 200, body: await registry.blobBytes(repository, digest) } : { status: 404 };
  },
  /** Query: `repository`, `reference`. Body: the manifest, of the type in Content-Type. Answer: its digest. */
  "PUT manifest": (registry, { query, headers }, body) =>
    json(registry.putManifest(query.get("repository") ?? "", query.get("reference") ?? "", headers["content-type"] ?? "", body)),
  /** Query: `repository`, `reference`. Answer: the manifest, or 404. */
  "GET manifest": (registry, { query }) => {
    const found = registry.getManifest(query.get("repository") ?? "", query.get("reference") ?? "");
    return found === undefined ? { status: 404 } : { status: 200, headers: { "content-type": found.mediaType }, body: found.bytes };
  },
  /** Query: `repository`, `digest` of a manifest or blob, which garbage collection then has taken. Answer: whether it was there. */
  "DELETE content": (registry, { query }) => {
    const [name, digest] = [query.get("repository") ?? "", query.get("digest") ?? ""];
    return json(registry.store.deleteManifest(name, digest) || (registry.store.repository(name)?.blobs.delete(digest) ?? false));
  },
  /** Query: `repository` and perhaps `tag`. Body: image options; with `artifact`, artifact options. Makes and stores an image. Answer: its summary. */
  "PUT image": async (registry, { query }, body) => {
    const image = query.has("artifact")
      ? await generateArtifact(parse<ArtifactOptions>(body))
      : await generateImage(parse<ImageOptions>(body));
    storeImage(registry, query.get("repository") ?? "", query.get("tag") ?? undefined, image);
    return json(summarize(image));
  },
  /** Query: `repository`. Answer: tags and what they stand for. */
  "GET tags": (registry, { query }) => json(registry.tags(query.get("repository") ?? "")),
  /** Answer: everything written, in order. */
  "GET writes": (registry) => json(registry.store.writes),
  /** Answer: how many uploads are open and how many tokens were given. */
  "GET counts": (registry) => json({ openUploads: registry.openUploads, tokens: registry.tokens.count }),
  /** Body: `"links"`, `"tokens"` or `"uploads"`, which then are no longer known. */
  "POST expire": async (registry, _, body) => {
    const what = parse<"links" | "tokens" | "uploads">(body);
    await { links: () => registry.expireLinks(), tokens: () => registry.tokens.revokeAll(), uploads: () => registry.loseUploads() }[what]();
    return json(null);
  },
  /** Body: milliseconds. Begins once this is answered. */
  "POST outage": (registry, _, body) => {
    setTimeout(() => registry.outage(parse<number>(body)), OUTAGE_DELAY_MS);
    return json(null);
  },
  /** Body: the options of the registry that it is to become, or null for the ones it has. */
  "POST reset": async (registry, _, body) => {
    await registry.reset(parse<RegistryOptions | null>(body) ?? undefined);
    return json(null);
  },
};

/** Answers a request below `/_control/`. A mistake in one is a 500 that says what is wrong. */
export async function answerControl(registry: FakeRegistry, exchange: Exchange): Promise<Answer> {
  const name = `${exchange.method} ${exchange.path.slice("/_control/".length)}`;
  const command = COMMANDS[name];
  if (command === undefined) {
    return { status: 404, body: `no command ${name}` };
  }
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of exchange.body) {
      chunks.push(chunk);
    }
    return await command(registry, exchange, Buffer.concat(chunks));
  } catch (error) {
    return { status: 500, body: String(error) };
  }
}

function parse<T>(body: Buffer): T {
  return JSON.parse(body.length === 0 ? "null" : body.toString()) as T;
}

function json(value: unknown): Answer {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}
