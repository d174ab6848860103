import { describe, expect, test } from "vitest";
import { readCommand } from "../../../../src/triggers/chat/command.ts";
import { wordsOf } from "../../../../src/triggers/chat/words.ts";

const read = (text: string) => readCommand(wordsOf(text));

describe("words", () => {
  test.each([
    ["copy a.io/x  b.io/y", ["copy", "a.io/x", "b.io/y"]],
    ['--tags ">=1.2 <2"', ["--tags", ">=1.2 <2"]],
    ["--tags “>=1.2 <2”", ["--tags", ">=1.2 <2"]],
    ["—platform linux/arm64", ["--platform", "linux/arm64"]],
    ["<http://a.io/x|a.io/x> <https://b.io/y:1>", ["a.io/x", "b.io/y:1"]],
    ["&lt;1 &amp;", ["<1", "&"]],
    ["", []],
    ["`copy` 'a b'", ["copy", "a b"]],
  ])("%s", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test("of a very long text are those of its beginning", () => {
    expect(wordsOf("a ".repeat(1_000_000)).length).toBeLessThanOrEqual(4096);
  });
});

describe("commands", () => {
  test.each<[string, object]>([
    ["copy busybox a.io/x", { verb: "copy", request: { source: "busybox", destination: ["a.io/x"] } }],
    ["COPY busybox:1 a.io/x:2", { verb: "copy", request: { source: "busybox:1", destination: ["a.io/x:2"] } }],
    ["status 0193", { verb: "status", job: "0193" }],
    ["cancel 0193", { verb: "cancel", job: "0193" }],
    ["compare a b", { verb: "compare", left: "a", right: "b" }],
    ["help", { verb: "help" }],
    ["", { verb: "help" }],
  ])("%j", (text, command) => {
    expect(read(text)).toEqual({ ok: true, command });
  });

  test.each([
    ["cpoy a b", /"cpoy" is not a command/],
    ["copy", /copy has no source/],
    ["copy busybox", /no destination after "busybox"/],
    ["copy a b c", /"c" is one word too many/],
    ["copy a b --colour", /"--colour" is not an option/],
    ["copy a b --platform", /--platform has no platform after it/],
    ["copy a b --platform linux", /the platform must be os\/architecture/],
    ["copy UPPER a.io/x", /source is not an image reference/],
    ["copy a b:%", /destination is not an image reference/],
    ["status", /status takes one job, and there is none/],
    ["status a b", /"b" is one word too many/],
    ["compare a", /there is one/],
    ["compare a b c", /"c" is one word too many/],
  ])("%j points at the fault", (text, fault) => {
    const result = read(text);
    expect(result).toMatchObject({ ok: false, fault: expect.stringMatching(fault) });
  });
});
