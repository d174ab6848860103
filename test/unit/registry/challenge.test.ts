import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loginOf, parseChallenges, usableChallenges } from "../../../src/registry/challenge.ts";

const TABLE: [name: string, header: string | null, expected: { scheme: string; params: Record<string, string> }[]][] = [
  ["no header", null, []],
  ["an empty header", "", []],
  [
    "Q2: commas inside quotes, spaces after commas",
    'Bearer realm="https://auth.test/token", service="registry.test",  scope="repository:a/b:pull,push"',
    [{ scheme: "bearer", params: { realm: "https://auth.test/token", service: "registry.test", scope: "repository:a/b:pull,push" } }],
  ],
  [
    "Q1: several challenges in one header",
    'Negotiate, Basic realm="x"',
    [
      { scheme: "negotiate", params: {} },
      { scheme: "basic", params: { realm: "x" } },
    ],
  ],
  [
    "Q1: a token68 before others",
    'Negotiate oYG1/MIGyoA==, NTLM TlRMTVNTUAAB+/=, Bearer realm="https://a.test/t",service=s, Basic',
    [
      { scheme: "negotiate", params: {} },
      { scheme: "ntlm", params: {} },
      { scheme: "bearer", params: { realm: "https://a.test/t", service: "s" } },
      { scheme: "basic", params: {} },
    ],
  ],
  [
    "Q1: a token68 that looks like a scheme",
    "Negotiate basic/realm=, Basic realm=x",
    [
      { scheme: "negotiate", params: {} },
      { scheme: "basic", params: { realm: "x" } },
    ],
  ],
  ["Q3: case of schemes and names", 'BaSiC ReAlM="Mixed Case"', [{ scheme: "basic", params: { realm: "Mixed Case" } }]],
  ["Q3: BEARER", "BEARER REALM=https://a.test/t", [{ scheme: "bearer", params: { realm: "https://a.test/t" } }]],
  ["Q3: Basic without parameters", "basic", [{ scheme: "basic", params: {} }]],
  ["Q4: bare realm", "Bearer realm=/", [{ scheme: "bearer", params: { realm: "/" } }]],
  [
    "Q4: bare URL with a query",
    "Bearer realm=https://a.test/t?x=1&y=2,service=s",
    [{ scheme: "bearer", params: { realm: "https://a.test/t?x=1&y=2", service: "s" } }],
  ],
  ["Q4: empty values", 'Bearer realm="r",service="",scope=', [{ scheme: "bearer", params: { realm: "r", service: "", scope: "" } }]],
  ["Q4: escapes", 'Basic realm="he\\"\\l\\lo"', [{ scheme: "basic", params: { realm: 'he"llo' } }]],
  ["Q4: blanks around =", 'Bearer realm = "r" , service\t=\ts', [{ scheme: "bearer", params: { realm: "r", service: "s" } }]],
  ["Q4: unknown parameter", 'Basic realm="r", charset="UTF-8"', [{ scheme: "basic", params: { realm: "r", charset: "UTF-8" } }]],
  ["Q4: unterminated quote", 'Bearer realm="https://a.test/t', [{ scheme: "bearer", params: { realm: "https://a.test/t" } }]],
  [
    "Q4: broken tail after a realm",
    'Bearer realm="https://a.test/t",;;"x", service=s',
    [{ scheme: "bearer", params: { realm: "https://a.test/t", service: "s" } }],
  ],
  ["commas missing", 'Bearer realm="r" service="s"', [{ scheme: "bearer", params: { realm: "r", service: "s" } }]],
  ["commas too many", ',, Bearer realm="r",,,service="s",,', [{ scheme: "bearer", params: { realm: "r", service: "s" } }]],
  ["first of two with one name", "Bearer realm=a, realm=b", [{ scheme: "bearer", params: { realm: "a" } }]],
  [
    "several of one scheme",
    'Bearer realm="a", Bearer realm="b"',
    [
      { scheme: "bearer", params: { realm: "a" } },
      { scheme: "bearer", params: { realm: "b" } },
    ],
  ],
  [
    "Q13: error parameters",
    'Bearer realm="r",error="insufficient_scope",error_description="no, not \\"this\\""',
    [{ scheme: "bearer", params: { realm: "r", error: "insufficient_scope", error_description: 'no, not "this"' } }],
  ],
];

test.each(TABLE)("parses %s", (_, header, expected) => {
  expect(parseChallenges(header)).toEqual(expected);
});

test("a parameter named __proto__ is a parameter", () => {
  const [challenge] = parseChallenges("Bearer __proto__=x, realm=y");
  expect(Object.entries(challenge?.params ?? {})).toEqual([
    ["__proto__", "x"],
    ["realm", "y"],
  ]);
});

describe("choice", () => {
  const choose = (header: string) => usableChallenges(parseChallenges(header))[0]?.scheme;

  test("Q1: Bearer before Basic, in either order", () => {
    expect(choose('Basic realm="x", Bearer realm="y"')).toBe("bearer");
    expect(choose('Bearer realm="y", Basic realm="x"')).toBe("bearer");
  });

  test("Q12: both stay available", () => {
    const both = usableChallenges(parseChallenges('Negotiate, Basic realm="x", Bearer realm="y"'));
    expect(both.map(({ scheme }) => scheme)).toEqual(["bearer", "basic"]);
  });

  test("of hundreds a few are answered", () => {
    const many = Array.from({ length: 300 }, (_, number) => `Bearer realm="https://${number}.example/", Basic`).join(", ");
    expect(usableChallenges(parseChallenges(many)).map(({ params }) => params.realm ?? "basic")).toEqual([
      ...["https://0.example/", "https://1.example/", "https://2.example/", "https://3.example/"],
      ...["basic", "basic", "basic", "basic"],
    ]);
  });

  test("a Bearer without a realm is no way to log in", () => {
    expect(choose("Bearer, Basic")).toBe("basic");
    expect(choose('Bearer realm=""')).toBeUndefined();
  });

  test("unknown schemes are none", () => {
    expect(choose("Negotiate, Digest realm=x, nonce=y")).toBeUndefined();
  });
});

describe("login", () => {
  const login = (header: string) => {
    const challenge = usableChallenges(parseChallenges(header))[0];
    return challenge && loginOf(challenge, new URL("https://registry.test:5000/v2/a/manifests/b?c=d"));
  };

  test("Q9: a relative realm belongs to the request", () => {
    expect(login('Bearer realm="/token"')).toEqual({ scheme: "bearer", realm: new URL("https://registry.test:5000/token") });
  });

  test("Q8: a missing or empty service is none", () => {
    expect(login('Bearer realm="https://a.test/t",service=""')).toEqual({ scheme: "bearer", realm: new URL("https://a.test/t") });
  });

  test("service and scope are kept", () => {
    expect(login('Bearer realm="https://a.test/t",service="s",scope="repository:x:pull"')).toEqual({
      scheme: "bearer",
      realm: new URL("https://a.test/t"),
      service: "s",
      scope: "repository:x:pull",
    });
  });

  test("Q11: a Basic realm is nothing to fetch", () => {
    expect(login('Basic realm="https://registry.test:5000/v2/a?x=y"')).toEqual({ scheme: "basic" });
  });

  test("a realm that is no URL gives no login", () => {
    expect(login('Bearer realm="https://"')).toBeUndefined();
  });
});

describe("properties", () => {
  const TOKEN_CHARACTERS = [..."!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"];
  const token = fc.string({ unit: fc.constantFrom(...TOKEN_CHARACTERS), minLength: 1, maxLength: 12 });
  const param = fc.tuple(token, fc.string({ unit: "grapheme-ascii", maxLength: 30 }));
  const challenge = fc.record({ scheme: token, params: fc.uniqueArray(param, { selector: ([name]) => name, maxLength: 5 }) });
  const quote = (value: string) => `"${value.replace(/["\\]/g, "\\$&")}"`;

  test("what is written by the grammar is read back", () => {
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), (challenges) => {
        const header = challenges
          .map(({ scheme, params }) => `${scheme} ${params.map(([name, value]) => `${name}=${quote(value)}`).join(", ")}`.trim())
          .join(", ");
        expect(parseChallenges(header)).toEqual(challenges.map(({ scheme, params }) => ({ scheme, params: Object.fromEntries(params) })));
      }),
    );
  });

  test("nothing throws, and every scheme and name is a lower-case token", () => {
    const piece = fc.constantFrom("Bearer", "Basic", "realm", "=", '"', "\\", ",", " ", "\t", ";", "https://a/b?c", "é", "x");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join("")),
        ),
        (header) => {
          for (const { scheme, params } of parseChallenges(header)) {
            for (const name of [scheme, ...Object.keys(params)]) {
              expect(name).toMatch(/^[!#$%&'*+.^_`|~0-9a-z-]+$/);
            }
          }
        },
      ),
    );
  });

  test("a realm that was read stays, whatever follows it", () => {
    fc.assert(
      fc.property(fc.string(), (tail) => {
        expect(parseChallenges(`Bearer realm="https://a.test/t",${tail}`)[0]).toMatchObject({
          scheme: "bearer",
          params: { realm: "https://a.test/t" },
        });
      }),
    );
  });

  test("a long hostile header takes no long time", () => {
    const started = performance.now();
    for (const hostile of ["a ", "a,", 'a="', "=,", '"\\', "a=b ", "a b/"]) {
      parseChallenges(hostile.repeat(200_000));
    }
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
