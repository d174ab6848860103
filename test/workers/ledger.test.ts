/** The ledger's rows, in a ledger of the test's own. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { summaryOf } from "../../src/jobs/document-view.ts";
import { isJobCursor, LedgerRows } from "../../src/jobs/ledger/ledger-rows.ts";
import { jobDocument } from "../unit/api/api-fixture.ts";

const idOf = (number: number) => `0193585c-0000-7000-8000-${String(number).padStart(12, "0")}`;

test("a page of large summaries ends before its limit, and the next goes on there", async () => {
  const sizes = await runInDurableObject(env.JOB_LEDGER.getByName("large"), (_, { storage }) => {
    const rows = new LedgerRows(storage.sql);
    for (let number = 0; number < 11; number++) {
      // Two bytes each.
      const labels = { note: "é".repeat(500_000) };
      rows.record(summaryOf(jobDocument({ id: idOf(number), labels })), 1);
    }
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = rows.list({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
      pages.push(page.jobs.map(({ id }) => id));
      cursor = page.cursor ?? undefined;
      expect(cursor === undefined || isJobCursor(cursor)).toBe(true);
    } while (cursor !== undefined && pages.length < 20);
    expect(pages.flat()).toEqual(Array.from({ length: 11 }, (_, number) => idOf(10 - number)));
    return pages.map(({ length }) => length);
  });
  expect(sizes).toEqual([4, 4, 3]);
});

test("where the next sweep of the stage goes on is kept", async () => {
  const ledger = env.JOB_LEDGER.getByName("sweeps");
  expect(await ledger.sweepCursor()).toBeNull();
  await ledger.swept({ deleted: 1, aborted: 0 }, "blobs/sha256/abc");
  await evictDurableObject(ledger);
  expect(await ledger.sweepCursor()).toBe("blobs/sha256/abc");
  await ledger.swept({ deleted: 1, aborted: 0 }, null);
  expect(await ledger.sweepCursor()).toBeNull();
});

test("no cursor is anything else", () => {
  for (const text of ["", "abc", "abc_def", "2026-11-23T00:00:00.000Z", "2026-11-23T00:00:00.000Z_", "5"]) {
    expect(isJobCursor(text)).toBe(false);
  }
});
