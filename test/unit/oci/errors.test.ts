import { expect, test } from "vitest";
import { CopyError, MAX_MESSAGE_LENGTH } from "../../../src/oci/errors.ts";

test("a message has a bounded length, whatever it quotes, and is whole characters", () => {
  const failure = { code: "unsupported", retry: "never" } as const;
  expect(new CopyError({ ...failure, message: "short" }).failure.message).toBe("short");
  const { message } = new CopyError({ ...failure, message: `x${"\u{1f6a2}".repeat(MAX_MESSAGE_LENGTH)}` }).failure;
  expect(message).toHaveLength(MAX_MESSAGE_LENGTH + 1);
  expect(message.isWellFormed()).toBe(true);
});
