/**
 * Image references, read as Docker and skopeo read them (distribution reference grammar):
 *
 *     reference  = [ host "/" ] path [ ":" tag ] [ "@" digest ]
 *     host       = ( name *( "." name ) | IPv4 | "[" IPv6 "]" ) [ ":" port ]
 *     path       = component *( "/" component )
 *     component  = 1*alnum *( ( "." | "_" | "__" | 1*"-" ) 1*alnum )        alnum = a-z | 0-9
 *     tag        = word *127( word | "." | "-" )                            word  = alnum | A-Z | "_"
 */
import { type Digest, parseDigest } from "./digest.ts";
import { MAX_QUOTED_CHARS } from "./quoted-text.ts";

/** What a reference names. The host is in its one canonical spelling, so that two references to one registry compare equal. */
export interface Reference {
  /** Host and, where it was given, port: `docker.io`, `host:5000`, `[::1]:5000`. */
  registry: string;
  /** Path without the host: `library/alpine`. */
  repository: string;
  /** Unset where only the digest names the image, or nothing does. */
  tag?: string;
  /** Where both are given, the digest decides what is meant. */
  digest?: Digest;
}

/** One repository of one registry: a reference without tag and digest. */
export type RepositoryReference = Pick<Reference, "registry" | "repository">;

/** The part of a reference that is at fault. */
export type ReferencePart = "reference" | "host" | "repository" | "tag" | "digest";

/** A text that is no image reference. The message says which part is wrong and why; it quotes only that part, and never a part that may hold a password. */
export class InvalidReference extends Error {
  override readonly name = "InvalidReference";
  readonly part: ReferencePart;

  constructor(part: ReferencePart, problem: string) {
    super(`Invalid ${part}: ${problem}`);
    this.part = part;
  }
}

/** Docker Hub as references name it. Its API is elsewhere. */
export const DOCKER_HUB = "docker.io";

/** Docker Hub's other names (Q41). */
const HUB_ALIASES: ReadonlySet<string> = new Set(["index.docker.io", "registry-1.docker.io", "registry.docker.io"]);

/** Returns a registry's host as references name it: Docker Hub's other names become its own, any other host stays as it is. */
export function canonicalHost(host: string): string {
  return HUB_ALIASES.has(host) ? DOCKER_HUB : host;
}

/** Host, slash and path together (distribution-spec, "Pulling manifests"; Q145). */
const MAX_NAME_LENGTH = 255;

/** Longer than any valid reference (255 of name, 128 of tag, 135 of digest), even with a long spelling of the host. */
const MAX_REFERENCE_LENGTH = 1024;

/** `component`, `tag` and `host` of the grammar above. */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)(?::([0-9]+))?$/;

/**
 * Parses a reference and applies Docker Hub's defaults, but no default tag: what a missing tag means depends on the side.
 * Throws {@link InvalidReference}.
 */
export function parseReference(text: string): Reference {
  if (text.length > MAX_REFERENCE_LENGTH) {
    throw new InvalidReference("reference", `longer than ${MAX_REFERENCE_LENGTH} characters`);
  }
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) {
    throw new InvalidReference("reference", "it must begin with a host or a path, not with a scheme such as https:// or docker://");
  }
  const at = text.lastIndexOf("@");
  const named = at === -1 ? text : text.slice(0, at);
  const digest = at === -1 ? undefined : digestPart(text.slice(at + 1));
  if (named.includes("@")) {
    throw new InvalidReference("reference", "more than one @; credentials are configured, not written into references");
  }
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  const name = colon === -1 ? named : named.slice(0, colon);
  const tag = colon === -1 ? undefined : tagPart(named.slice(colon + 1));
  return { ...splitName(name), ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** Parses the source of a copy: {@link parseReference}, and `latest` where neither tag nor digest is given. With both, the digest is what is fetched. */
export function sourceReference(text: string): Reference {
  const reference = parseReference(text);
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: "latest" } : reference;
}

/**
 * Parses a destination of a copy from `source`. Without tag or digest it takes the source's tag; where the source has only a
 * digest, it stays without either and gets the manifest by digest. A digest in the destination is an assertion: the copied
 * manifest must have it. Throws {@link InvalidReference}.
 */
export function destinationReference(text: string, source: Reference): Reference {
  const reference = parseReference(text);
  const takesTag = reference.tag === undefined && reference.digest === undefined && source.tag !== undefined;
  return takesTag ? { ...reference, tag: source.tag as string } : reference;
}

/** Returns a registry's host in its canonical spelling; `undefined` where references take the text for no host, or for the first part of a path at Docker Hub (Q43). */
export function registryOf(host: string): string | undefined {
  try {
    const { registry, repository } = parseReference(`${host}/namespace/name`);
    return repository === "namespace/name" ? registry : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the full form: `docker.io/library/busybox:1.36`, `host:5000/app@sha256:…`. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${repositoryName(reference)}${tag}${digest}`;
}

/** The reference without tag and digest: `docker.io/library/busybox`. */
export function repositoryName(reference: RepositoryReference): string {
  return `${reference.registry}/${reference.repository}`;
}

/** Whether two references name the same repository. */
export function isSameRepository(a: RepositoryReference, b: RepositoryReference): boolean {
  return a.registry === b.registry && a.repository === b.repository;
}

function digestPart(text: string): Digest {
  const digest = parseDigest(text);
  if (digest === undefined) {
    throw new InvalidReference("digest", `${quote(text)} is not sha256: with 64, or sha512: with 128 lower-case hexadecimal digits`);
  }
  return digest;
}

function tagPart(text: string): string {
  if (!TAG.test(text)) {
    throw new InvalidReference(
      "tag",
      `${quote(text)} is not 1 to 128 letters, digits, underscores, dots and hyphens, the first no dot or hyphen`,
    );
  }
  return text;
}

/** Whether a text has the form of a tag. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** Splits host and path: the first component is a host if it has a dot or a colon or is `localhost` (Q43). */
function splitName(name: string): { registry: string; repository: string } {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const hasHost = slash !== -1 && (/[.:]/.test(first) || first === "localhost");
  const registry = hasHost ? hostPart(first) : DOCKER_HUB;
  const path = pathPart(hasHost ? name.slice(slash + 1) : name);
  const repository = registry === DOCKER_HUB && !path.includes("/") ? libraryPath(path) : path;
  if (registry.length + 1 + repository.length > MAX_NAME_LENGTH) {
    throw new InvalidReference("repository", `host and path together are longer than ${MAX_NAME_LENGTH} characters`);
  }
  return { registry, repository };
}

/**
 * Checks a host and returns its canonical spelling: lower case, IP addresses as a URL writes them (`127.1` is `127.0.0.1`), the
 * port without leading zeros, one name for Docker Hub. Settings, credentials and policy are looked up by it.
 */
function hostPart(text: string): string {
  const [, name, port] = HOST.exec(text) ?? [];
  if (name === undefined) {
    throw new InvalidReference("host", `${quote(text)} is not a host name or address with an optional port`);
  }
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) {
    throw new InvalidReference("host", `the port ${port} is not between 1 and 65535`);
  }
  const url = `http://${name}/`;
  if (!URL.canParse(url)) {
    throw new InvalidReference("host", `${quote(name)} is not a host name or address`);
  }
  const host = new URL(url).hostname;
  if (port !== undefined) {
    return `${host}:${Number(port)}`;
  }
  return canonicalHost(host);
}

function pathPart(path: string): string {
  if (path === "") {
    throw new InvalidReference("repository", "it is empty");
  }
  for (const component of path.split("/")) {
    if (!COMPONENT.test(component)) {
      const lower = COMPONENT.test(component.toLowerCase()) ? ", and upper case is not allowed there" : "";
      throw new InvalidReference(
        "repository",
        `${quote(component)} is not lower-case letters and digits, with single dots, one or two underscores or hyphens between them${lower}`,
      );
    }
  }
  return path;
}

/** Official images of Docker Hub are below `library/` (Q42). Docker takes 64 hexadecimal digits for the id of a local image, never for a name. */
function libraryPath(path: string): string {
  if (/^[0-9a-f]{64}$/.test(path)) {
    throw new InvalidReference("repository", "64 hexadecimal digits are the id of a local image, which no registry knows");
  }
  return `library/${path}`;
}

function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text);
}
