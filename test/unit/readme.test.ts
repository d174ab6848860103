/** What the README gives as settings and examples is taken. Its commands are run by the end-to-end tests. */
import { describe, expect, test } from "vitest";
import { readChat } from "../../src/config/chat.ts";
import { readHooks } from "../../src/config/hooks.ts";
import { readRegistries } from "../../src/config/registries.ts";
import { readSyncs } from "../../src/config/syncs.ts";
import { readCopyRequest } from "../../src/request/copy-request.ts";
import { README, settings, tableAfter } from "../support/readme.ts";

const READERS: Readonly<Record<string, (value: string) => unknown>> = {
  SYNC: (value) => readSyncs({ SYNC: value }),
  HOOKS: (value) => readHooks({ HOOKS: value, GHCR_SECRET: "s3cret", HUB_SECRET: "s3cret", HOOK_SECRET: "s3cret" }),
  CHAT: (value) => readChat({ CHAT: value }),
  REGISTRIES: (value) => readRegistries({ REGISTRIES: value }),
};

test.each(settings())("$name is taken as it stands", ({ name, value }) => {
  const read = READERS[name];
  expect(read, name).toBeDefined();
  expect(() => read?.(value)).not.toThrow();
});

describe("the example of each field of a copy is taken", () => {
  const rows = tableAfter("## Copying").map(([field = "", , example = ""]) => ({
    field: field.replaceAll("`", ""),
    example: example.replaceAll("`", ""),
  }));

  test("there are rows", () => {
    expect(rows.length).toBeGreaterThan(8);
  });

  test.each(rows)("$field: $example", ({ field, example }) => {
    const value: unknown = JSON.parse(example);
    const isMany = field === "tags";
    const request = { source: isMany ? "busybox" : "busybox:1.36", destination: "registry.example.com/mirror/busybox", [field]: value };
    const more = field === "index" ? { platforms: ["linux/amd64"] } : {};
    expect(readCopyRequest({ ...request, ...more })).toMatchObject({ ok: true });
  });
});

test("links into the README lead somewhere", () => {
  const anchors = new Set(
    [...README.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      (title ?? "")
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
  const missing = [...README.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor ?? "").filter((anchor) => !anchors.has(anchor));
  expect(missing).toEqual([]);
});
