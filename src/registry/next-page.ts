/** The `Link` that leads from one page of a listing to the next (RFC 8288), in all the forms in which registries send it. */
import { splitList } from "../net/header-grammar.ts";

/** `</v2/…>; rel="next"` and, with serverless-registry, `https://host/v2/…; rel=next` (Q142). */
const LINK = /^\s*(?:<([^>]*)>|([^;\s]+))\s*(?:;(.*))?$/s;

/**
 * The address of the next page; `undefined` on the last one. `from` is where this page came from.
 *
 * A link to another host is taken as one to the same path here: registries behind a proxy name themselves as they know
 * themselves, some lose their port (Q142), and nobody else is to be asked with this registry's login.
 */
export function nextPage(link: string | null, from: URL): URL | undefined {
  for (const element of splitList(link ?? "")) {
    const [, bracketed, bare, parameters = ""] = LINK.exec(element) ?? [];
    const target = bracketed ?? bare;
    if (target !== undefined && isNext(parameters) && URL.canParse(target, from)) {
      const url = new URL(target, from);
      return new URL(`${url.pathname}${url.search}`, from);
    }
  }
  return undefined;
}

function isNext(parameters: string): boolean {
  return splitList(parameters, ";").some((parameter) => /^rel\s*=\s*"?(?:[^"]*\s)?next(?:\s[^"]*)?"?$/i.test(parameter));
}
