import { expect, it } from "vitest";
import { nextPage } from "../../../src/registry/next-page.ts";

const from = new URL("https://r.example:5000/v2/a/b/tags/list?n=2");
const next = "https://r.example:5000/v2/a/b/tags/list?last=x&n=2";

it.each<[string, string]>([
  ["relative, as distribution sends it", '</v2/a/b/tags/list?last=x&n=2>; rel="next"'],
  ["absolute", '<https://r.example:5000/v2/a/b/tags/list?last=x&n=2>; rel="next"'],
  ["without angle brackets, unquoted", "https://r.example:5000/v2/a/b/tags/list?last=x&n=2; rel=next"],
  ["without the port", '<https://r.example/v2/a/b/tags/list?last=x&n=2>; rel="next"'],
  ["with the scheme and host that are seen behind a proxy", '<http://inside:80/v2/a/b/tags/list?last=x&n=2>;rel="next"'],
  ["only the query", '<?last=x&n=2>; rel="next"'],
  ["after another link", '</v2/>; rel="first", </v2/a/b/tags/list?last=x&n=2>; rel="next"'],
  ["with more relations and parameters", '</v2/a/b/tags/list?last=x&n=2>; title="more, or less"; rel="last NEXT"'],
  ["with spaces around everything", ' < /v2/a/b/tags/list?last=x&n=2 > ; rel = "next" '],
  ["an empty element first, and a parameter without a value", ", </v2/a/b/tags/list?last=x&n=2>; crossorigin; rel=next"],
  ["to another host, whose path is then taken here", '<https://evil.example/v2/a/b/tags/list?last=x&n=2>; rel="next"'],
  ["REL in capitals", "</v2/a/b/tags/list?last=x&n=2>; REL=next"],
  ["a comma in a parameter that comes first", '</v2/a/b/tags/list?last=x&n=2>; title="a;b,c"; rel="next"'],
])("leads to the next page: %s", (_, link) => {
  expect(nextPage(link, from)?.href).toBe(next);
});

it.each([
  "https://r.example:5000//evil.example/x",
  "//evil.example//evil.example/x",
  "https://u:p@evil.example/x",
  "data:x,y",
  "//evil.example",
])("never leads to another host: %s", (target) => {
  expect(nextPage(`<${target}>; rel="next"`, from)?.origin).toBe(from.origin);
});

it("keeps commas and semicolons of an address in angle brackets", () => {
  const link = '</v2/a/b/tags/list?page=a,b;c,d&n=2>; rel="next", </v2/>; rel="first"';
  expect(nextPage(link, from)?.href).toBe("https://r.example:5000/v2/a/b/tags/list?page=a,b;c,d&n=2");
});

it.each<[string, string | null]>([
  ["no header", null],
  ["an empty one", ""],
  ["another relation", '</v2/>; rel="prev"'],
  ["a relation that only begins so", '</v2/>; rel="nextish"'],
  ["no relation", "</v2/>"],
  ["no address", '; rel="next"'],
  ["a second rel, which does not count", '</v2/>; rel="prev"; rel="next"'],
  ["a parameter whose value looks like a relation", '</v2/>; title="rel=next"'],
  ["a link that is never closed", '</v2/a; rel="next"'],
  ["no URL", '<http://[>; rel="next"'],
])("leads nowhere: %s", (_, link) => {
  expect(nextPage(link, from)).toBeUndefined();
});
