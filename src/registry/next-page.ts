/** The `Link` that leads from one page of a listing to the next (RFC 8288 §3), in all the forms in which registries send it. */
import { HeaderReader } from "../net/header-grammar.ts";

/**
 * The address of the next page; `undefined` on the last one. `from` is where this page came from.
 *
 * A link to another host is taken as one to the same path here: registries behind a proxy name themselves as they know
 * themselves, some lose their port (Q142), and no other host may be asked with this registry's login.
 */
export function nextPage(link: string | null, from: URL): URL | undefined {
  for (const { target, relations } of linksOf(link ?? "")) {
    if (relations.includes("next") && target !== "" && URL.canParse(target, from)) {
      const { pathname, search } = new URL(target, from);
      // Set, not resolved: a path that begins with two slashes would be taken for a host.
      return Object.assign(new URL(from), { pathname, search, hash: "" });
    }
  }
  return undefined;
}

interface Link {
  target: string;
  /** In lower case. */
  relations: string[];
}

/**
 *     Link       = #link-value
 *     link-value = "<" URI-Reference ">" *( OWS ";" OWS [ link-param ] )
 *     link-param = token BWS [ "=" BWS ( token / quoted-string ) ]
 *
 * and with serverless-registry an address without its brackets (Q142), which ends at a comma then.
 */
function linksOf(text: string): Link[] {
  const reader = new HeaderReader(text);
  const links: Link[] = [];
  while (!reader.done) {
    reader.skipSpace();
    if (reader.take(",")) {
      continue;
    }
    const target = targetOf(reader);
    links.push({ target, relations: relationsOf(reader) });
    // What stands between here and the next link can't be understood.
    reader.until(",");
  }
  return links;
}

function targetOf(reader: HeaderReader): string {
  if (!reader.take("<")) {
    return reader.until(";,").trim();
  }
  const target = reader.until(">").trim();
  reader.skip();
  return target;
}

/** Reads a link's parameters and returns what its first `rel` says; others do not count (§3.3). */
function relationsOf(reader: HeaderReader): string[] {
  let relations: string[] | undefined;
  for (reader.skipSpace(); reader.take(";"); reader.skipSpace()) {
    reader.skipSpace();
    const name = reader.token();
    reader.skipSpace();
    let value: string | undefined;
    if (reader.take("=")) {
      reader.skipSpace();
      value = reader.value();
    }
    if (name?.toLowerCase() === "rel") {
      relations ??= (value ?? "").toLowerCase().split(/\s+/);
    }
    // The rest of a parameter that is none.
    reader.until(";,");
  }
  return relations ?? [];
}
