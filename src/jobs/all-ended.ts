/** Waits for all of them to end, and rejects then if one has: none is still at work when a cancel is passed on. */
export async function allEnded(work: readonly Promise<unknown>[]): Promise<void> {
  for (const end of await Promise.allSettled(work)) {
    if (end.status === "rejected") {
      throw end.reason;
    }
  }
}
