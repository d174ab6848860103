/** Numbers and lists in sentences. */

/** Longest list that is spelt out, in entries; busybox has twelve platforms. */
export const MAX_LISTED = 12;

/** Writes a number with its noun: `1 layer`, `3 layers`. @default plural the singular with an s */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}

/** Writes a list: `a, b, c`, or the first {@link MAX_LISTED} `and 30 more`. */
export function listed(names: readonly string[]): string {
  const more = names.length - MAX_LISTED;
  return more > 0 ? `${names.slice(0, MAX_LISTED).join(", ")} and ${more} more` : names.join(", ");
}
