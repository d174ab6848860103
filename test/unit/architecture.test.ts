import { describe, expect, it } from "vitest";
import {
  checkLayers,
  checkProject,
  importsOf,
  MAX_LINES,
  missingHeaders,
  readProject,
  unusedPermissions,
  type Violation,
} from "../../scripts/check-layers.ts";
import { ROOT } from "../../scripts/tool.ts";

function check(tree: Record<string, string>): string[] {
  return checkLayers(new Map(Object.entries(tree))).map(({ file, problem }: Violation) => `${file} ${problem}`);
}

describe("this project", () => {
  it("keeps to its architecture", async () => {
    const files = await readProject(ROOT);
    expect([...files.keys()]).toEqual(expect.arrayContaining(["src/oci/digest.ts", "scripts/check-layers.ts"]));
    expect(checkProject(files)).toEqual([]);
  });
});

describe("checkLayers finds nothing in", () => {
  it.each<[string, Record<string, string>]>([
    [
      "an own neighbour and a lower layer",
      { "src/copy/a.ts": 'import "./b.ts";\nimport type { D } from "../oci/digest.ts";\n', "src/copy/b.ts": "" },
    ],
    ["the job document seen from the triggers", { "src/triggers/a.ts": 'import type { A } from "../jobs/document.ts";' }],
    ["Node's modules and the layer's own package", { "src/net/a.ts": 'import "node:crypto";\nimport x from "ipaddr.js";' }],
    ["a package named below its scope or folder", { "src/api/a.ts": 'import { z } from "zod/v4";' }],
    ["the version in package.json", { "src/registry/a.ts": 'import p from "../../package.json";' }],
    ["policy as one file", { "src/policy.ts": 'import "picomatch";', "src/request/a.ts": 'import "../policy.ts";' }],
    ["the platform at the edge", { "src/jobs/copy-object.ts": 'import { DurableObject } from "cloudflare:workers";\nthis.env.X;' }],
    ["the platform in a comment", { "src/jobs/a.ts": "/** Never imports cloudflare:workers, never reads env.X. */\n// env.X\n" }],
    ["index.ts at the top", { "src/index.ts": 'import "./api/a.ts";\nexport default { fetch(r, env) {} };' }],
    ["a file of exactly the longest length", { "test/a.test.ts": "x\n".repeat(MAX_LINES) }],
    ["an import in a comment", { "src/oci/a.ts": '/**\n * import x from "../jobs/a.ts";\n */\n// import "../jobs/a.ts"\n' }],
  ])("%s", (_, tree) => {
    expect(check(tree)).toEqual([]);
  });
});

describe("checkLayers reports", () => {
  it.each<[string, Record<string, string>, string[]]>([
    ["a higher layer", { "src/oci/a.ts": 'import { x } from "../net/b.ts";' }, ["src/oci/a.ts imports src/net/b.ts, which oci may not"]],
    [
      "a neighbour that must stay unknown",
      { "src/copy/a.ts": 'export { x } from "../registry/b.ts";' },
      ["src/copy/a.ts imports src/registry/b.ts, which copy may not"],
    ],
    [
      "more of the jobs than their document",
      { "src/triggers/a.ts": 'import type { A } from "../jobs/state.ts";' },
      ["src/triggers/a.ts imports src/jobs/state.ts, which triggers may not"],
    ],
    [
      "a type import",
      { "src/net/a.ts": 'import type { D } from "../oci/b.ts";' },
      ["src/net/a.ts imports src/oci/b.ts, which net may not"],
    ],
    ["an import for its effect", { "src/net/a.ts": 'import "../oci/b.ts";' }, ["src/net/a.ts imports src/oci/b.ts, which net may not"]],
    ["a dynamic import", { "src/net/a.ts": 'x = await import("../oci/b.ts");' }, ["src/net/a.ts imports src/oci/b.ts, which net may not"]],
    [
      "an import over lines",
      { "src/net/a.ts": 'import {\n  a,\n  b,\n} from "../oci/b.ts";' },
      ["src/net/a.ts imports src/oci/b.ts, which net may not"],
    ],
    ["a foreign package", { "src/oci/a.ts": 'import { z } from "zod";' }, ["src/oci/a.ts imports the package zod, which oci may not"]],
    ["a scoped package", { "src/oci/a.ts": 'import "@a/b/c";' }, ["src/oci/a.ts imports the package @a/b, which oci may not"]],
    [
      "test code",
      { "src/oci/a.ts": 'import "../../test/support/x.ts";' },
      ["src/oci/a.ts imports test/support/x.ts, which is outside src"],
    ],
    ["an unknown layer", { "src/extra/a.ts": "" }, ['src/extra/a.ts is in no known layer ("extra")']],
    [
      "a cycle",
      { "src/oci/a.ts": 'import "./b.ts";', "src/oci/b.ts": 'import "./c.ts";', "src/oci/c.ts": 'import "./a.ts";' },
      ["src/oci/a.ts import cycle: src/oci/a.ts → src/oci/b.ts → src/oci/c.ts → src/oci/a.ts"],
    ],
    [
      "a cycle of types, off the path that leads to it",
      {
        "src/oci/a.ts": 'import "./b.ts";',
        "src/oci/b.ts": 'import type { C } from "./c.ts";',
        "src/oci/c.ts": 'import type { B } from "./b.ts";',
      },
      ["src/oci/b.ts import cycle: src/oci/b.ts → src/oci/c.ts → src/oci/b.ts"],
    ],
    ["a file that imports itself", { "src/oci/a.ts": 'import "./a.ts";' }, ["src/oci/a.ts import cycle: src/oci/a.ts → src/oci/a.ts"]],
    [
      "a long file in src",
      { "src/oci/a.ts": "x\n".repeat(MAX_LINES + 1) },
      [`src/oci/a.ts has ${MAX_LINES + 1} lines, more than ${MAX_LINES}`],
    ],
    [
      "a long file without a last line end",
      { "scripts/a.ts": "\n".repeat(MAX_LINES).concat("x") },
      [`scripts/a.ts has ${MAX_LINES + 1} lines, more than ${MAX_LINES}`],
    ],
    ...["utils", "util", "helpers", "common", "types", "index"].map((name): [string, Record<string, string>, string[]] => [
      `a file named ${name}`,
      { [`src/net/${name}.ts`]: "" },
      [`src/net/${name}.ts has a name that says nothing about its subject`],
    ]),
    [
      "the platform's module",
      { "src/jobs/runner.ts": 'import { env } from "cloudflare:workers";' },
      ["src/jobs/runner.ts mentions cloudflare:workers, which only the edge of the program may"],
    ],
    [
      "the bindings",
      { "src/jobs/runner.ts": "const { x } = this.env;\nconst y = env.STAGE;" },
      ["src/jobs/runner.ts mentions env, which only the edge of the program may"],
    ],
  ])("%s", (_, tree, expected) => {
    expect(check(tree)).toEqual(expected);
  });
});

describe("unusedPermissions", () => {
  it("reports what no file of a layer imports", () => {
    const files = new Map([
      ["src/registry/a.ts", 'import "../oci/a.ts";\nimport "aws4fetch";'],
      ["src/triggers/a.ts", 'import type { A } from "../jobs/document.ts";'],
      ["test/a.ts", 'import "jose";\nimport "../src/net/a.ts";'],
    ]);
    const found = unusedPermissions(files).map(({ file, problem }) => `${file} ${problem}`);
    expect(found).toEqual(
      expect.arrayContaining(["src/registry may import net but no file does", "src/registry may import jose but no file does"]),
    );
    expect(found.filter((line) => /^src\/registry .*(oci|aws4fetch)|^src\/triggers .*jobs/.test(line))).toEqual([]);
  });
});

describe("missingHeaders", () => {
  it.each<[string, string, boolean]>([
    ["a header", "/** About. */\nexport const a = 1;\n", true],
    ["a header of several lines", '/**\n * About.\n */\nimport "./b.ts";\nexport const a = 1;\n', true],
    ["a comment at its only export", 'import "./b.ts";\n\n/** About. */\nexport class A {}\n', true],
    ["no comment", "export const a = 1;\n", false],
    ["a comment at its second export only", "export const a = 1;\n\n/** About. */\nexport const b = 1;\n", false],
    ["a comment at what is not exported only", "/* biome-ignore x: y */\n/** About. */\nconst a = 1;\nexport const b = 1;\n", false],
  ])("%s", (_, text, isFine) => {
    expect(missingHeaders(new Map([["src/oci/a.ts", text]])).length === 0).toBe(isFine);
  });

  it("looks at the code of src only", () => {
    expect(missingHeaders(new Map(["test/a.ts", "scripts/a.ts", "src/dashboard/page.html"].map((file) => [file, ""])))).toEqual([]);
  });
});

describe("importsOf", () => {
  it("finds each import once, in every form", () => {
    const text = [
      'import a from "./a.ts";',
      "import * as b from './b.ts'",
      'import type { C } from "./c.ts";',
      'export * from "./d.ts";',
      'export { e } from "./e.ts";',
      'import "./f.ts";',
      'const g = await import("./g.ts");',
      'type H = import("./h.ts").H;',
      'import again from "./a.ts";',
      'const text = Array.from("./not-this.ts");',
    ].join("\n");
    expect(importsOf(text).sort()).toEqual(["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => `./${name}.ts`));
  });
});
