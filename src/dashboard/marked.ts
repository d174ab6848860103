/** What two texts have in common at both ends, so that what differs can be marked. Pure. */

/** A text in three parts, of which the middle one differs from the other text's. */
export interface Marked {
  before: string;
  differs: string;
  after: string;
}

/** Compares two texts. What they have in common never ends within a word or number: that two digests begin alike means nothing. */
export function markedPair(left: string, right: string): [Marked, Marked] {
  if (left === right) {
    return [plain(left), plain(right)];
  }
  const shortest = Math.min(left.length, right.length);
  let start = 0;
  while (start < shortest && left[start] === right[start]) {
    start++;
  }
  while (start > 0 && isWord(left[start - 1]) && (isWord(left[start]) || isWord(right[start]))) {
    start--;
  }
  let end = 0;
  while (end < shortest - start && left[left.length - 1 - end] === right[right.length - 1 - end]) {
    end++;
  }
  while (end > 0 && isWord(left[left.length - end]) && (isWord(left[left.length - end - 1]) || isWord(right[right.length - end - 1]))) {
    end--;
  }
  return [cut(left, start, end), cut(right, start, end)];
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_]/u.test(character);
}

function plain(text: string): Marked {
  return { before: text, differs: "", after: "" };
}

function cut(text: string, start: number, end: number): Marked {
  return { before: text.slice(0, start), differs: text.slice(start, text.length - end), after: text.slice(text.length - end) };
}
