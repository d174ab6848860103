import { expect, test } from "vitest";
import { isContentCursor } from "../../../../src/jobs/images/content-lists.ts";
import { isImageCursor } from "../../../../src/jobs/images/image-lists.ts";

test("a cursor of images is a number of one", () => {
  expect(["1", "123456789012345"].every(isImageCursor)).toBe(true);
  expect(["", "abc", "-1", "1.5", "1.sha256:a", "1234567890123456"].some(isImageCursor)).toBe(false);
});

test("a cursor of content is a rank and a digest", () => {
  expect(isContentCursor(`7.sha256:${"a".repeat(64)}`)).toBe(true);
  expect(["", "7", "abc", "7.", `sha256:${"a".repeat(64)}`, "7.a/b"].some(isContentCursor)).toBe(false);
});
