import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HeaderReader } from "../../../src/net/header-grammar.ts";

describe("token", () => {
  it.each([
    ["Bearer realm", "Bearer", " realm"],
    ["a!#$%&'*+-.^_`|~9=x", "a!#$%&'*+-.^_`|~9", "=x"],
    ['"quoted"', undefined, '"quoted"'],
    [" a", undefined, " a"],
    ["é", undefined, "é"],
    ["", undefined, ""],
  ])("of %j is %j, and %j is left", (text, expected, rest) => {
    const reader = new HeaderReader(text);
    expect(reader.token()).toBe(expected);
    expect(reader.until("")).toBe(rest);
  });
});

describe("quotedString", () => {
  it.each([
    ['"abc" x', "abc", " x"],
    ['""', "", ""],
    ['"a, b=c"', "a, b=c", ""],
    ['"he\\"\\l\\lo"', 'he"llo', ""],
    ['"a\\\\"b', "a\\", "b"],
    ['"never closed, realm=x', "never closed, realm=x", ""],
    ['"ends in a backslash\\', "ends in a backslash", ""],
    ['"é\u0000\n"', "é\u0000\n", ""],
    ["abc", undefined, "abc"],
    ["", undefined, ""],
  ])("of %j is %j, and %j is left", (text, expected, rest) => {
    const reader = new HeaderReader(text);
    expect(reader.quotedString()).toBe(expected);
    expect(reader.until("")).toBe(rest);
  });
});

describe("value", () => {
  it.each([
    ["https://auth.example/token?a=b,service=x", "https://auth.example/token?a=b", ",service=x"],
    ["/;x", "/", ";x"],
    ["a b", "a", " b"],
    ['a"b"', "a", '"b"'],
    ['"a b",c', "a b", ",c"],
    ["=", "=", ""],
    [",x", undefined, ",x"],
    ["", undefined, ""],
  ])("of %j is %j, and %j is left", (text, expected, rest) => {
    const reader = new HeaderReader(text);
    expect(reader.value()).toBe(expected);
    expect(reader.until("")).toBe(rest);
  });
});

describe("the rest of a reader", () => {
  it("reads a parameter with blanks, and goes back", () => {
    const reader = new HeaderReader(' realm \t= "x"');
    reader.skipSpace();
    const start = reader.position;
    expect(reader.token()).toBe("realm");
    reader.skipSpace();
    expect([reader.take(","), reader.take("="), reader.peek(), reader.done]).toEqual([false, true, " ", false]);
    reader.skipSpace();
    expect([reader.value(), reader.done, reader.peek(), reader.take('"'), reader.take("")]).toEqual(["x", true, "", false, false]);
    reader.skip();
    reader.rewind(start);
    expect(reader.token()).toBe("realm");
  });

  it.each([
    ["a, b", ",", "a"],
    ['a"x, y"b, c', ",", 'a"x, y"b'],
    ['a"x, y', ",", 'a"x, y'],
    ["<u?a,b>; rel=next", ">", "<u?a,b"],
    ["abc", "", "abc"],
    ["", ",", ""],
  ])("reads %j until one of %j: %j", (text, characters, expected) => {
    expect(new HeaderReader(text).until(characters)).toBe(expected);
  });
});

/** The elements of a list, trimmed, without the empty ones. */
function elementsOf(text: string, separator = ","): string[] {
  const reader = new HeaderReader(text);
  const elements: string[] = [];
  while (!reader.done) {
    elements.push(reader.until(separator).trim());
    reader.skip();
  }
  return elements.filter((element) => element !== "");
}

describe("until, read to the end of a list (RFC 9110 §5.6.1)", () => {
  it.each([
    ["", []],
    [" , ,", []],
    ["a", ["a"]],
    ["a, b ,c", ["a", "b", "c"]],
    ['scope="a:pull,push", x', ['scope="a:pull,push"', "x"]],
    ['a="\\",b", c', ['a="\\",b"', "c"]],
    ['a, "never closed, b', ["a", '"never closed, b']],
  ])("of %j is %j", (text, expected) => {
    expect(elementsOf(text)).toEqual(expected);
  });

  it("takes another separator", () => {
    expect(elementsOf('a; b="x;y"; c', ";")).toEqual(["a", 'b="x;y"', "c"]);
  });
});

describe("for any text", () => {
  const quoted = (text: string) => `"${text.replace(/[\\"]/g, "\\$&")}"`;

  it("a quoted string gives back what was quoted", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, rest) => {
        const reader = new HeaderReader(`${quoted(text)}${rest}`);
        expect(reader.quotedString()).toBe(text);
        expect(reader.position).toBe(quoted(text).length);
      }),
    );
  });

  it("a list of quoted strings splits into them", () => {
    fc.assert(
      fc.property(fc.array(fc.string().map(quoted)), (elements) => {
        expect(elementsOf(elements.join(", "))).toEqual(elements);
      }),
    );
  });

  it("nothing throws, and reading ends", () => {
    const piece = fc.constantFrom('"', "\\", ",", ";", "=", " ", "a", "é", "<");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join("")),
        ),
        (text) => {
          const reader = new HeaderReader(text);
          while (!reader.done) {
            const before = reader.position;
            reader.skipSpace();
            if ((reader.token() ?? reader.value()) === undefined) {
              reader.skip();
            }
            expect(reader.position).toBeGreaterThan(before);
          }
          elementsOf(text);
        },
      ),
    );
  });

  it.each(['"', "\\", '"\\', ",", '",', " ", "a", "a="])("is done quickly with %j without end", (unit) => {
    const started = performance.now();
    for (const text of [unit.repeat(500_000), `"${unit.repeat(500_000)}`]) {
      elementsOf(text);
      const reader = new HeaderReader(text);
      reader.quotedString();
      reader.value();
    }
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
