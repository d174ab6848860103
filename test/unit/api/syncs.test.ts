import { describe, expect, test, vi } from "vitest";
import { readSyncs } from "../../../src/config/syncs.ts";
import type { SyncRow } from "../../../src/jobs/schedule/sync-rows.ts";
import { apiFixture, JOB_ID, jobDocument, NOW, sha256, TOKEN } from "./api-fixture.ts";

const SYNCS = readSyncs({
  SYNC: [
    { name: "nightly", schedule: "30 2 * * *", source: "busybox:1.36", destination: "a.io/busybox" },
    { name: "weekly", schedule: "0 4 * * MON", source: "alpine", destination: "a.io/alpine" },
  ],
});

const ROW: SyncRow = {
  name: "nightly",
  seenUntil: NOW,
  lastDue: Date.UTC(2026, 10, 22, 2, 30),
  lastStartedAt: Date.UTC(2026, 10, 22, 2, 30, 4),
  lastJob: JOB_ID,
  skipped: 0,
  refusal: null,
};

describe("GET /syncs", () => {
  test("shows each entry with its last and its next run", async () => {
    const fixture = apiFixture({
      config: { syncs: SYNCS },
      syncs: { rows: async () => [ROW] },
      jobs: { [JOB_ID]: { read: async () => jobDocument({ status: "succeeded" }) } },
    });
    const response = await fixture.send("GET", "/syncs");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      syncs: [
        {
          name: "nightly",
          schedule: "30 2 * * *",
          request: { source: "busybox:1.36", destination: "a.io/busybox" },
          nextRunAt: "2026-11-23T02:30:00.000Z",
          last: {
            dueAt: "2026-11-22T02:30:00.000Z",
            startedAt: "2026-11-22T02:30:04.000Z",
            job: { id: JOB_ID, status: "succeeded", links: { self: `/jobs/${JOB_ID}` } },
            skipped: 0,
            refusal: null,
          },
          links: { run: "/syncs/nightly/run" },
        },
        {
          name: "weekly",
          schedule: "0 4 * * MON",
          request: { source: "alpine", destination: "a.io/alpine" },
          nextRunAt: "2026-11-23T04:00:00.000Z",
          last: null,
          links: { run: "/syncs/weekly/run" },
        },
      ],
    });
  });

  test("keeps the secrets of a callback's address to itself", async () => {
    const callback = { url: "https://ci.example.com/told?token=hush" };
    const destination = ["a.io/alpine", "b.io/alpine"];
    const syncs = readSyncs({ SYNC: [{ name: "weekly", schedule: "0 4 * * MON", source: "alpine", destination, callback }] });
    const response = await apiFixture({ config: { syncs }, syncs: { rows: async () => [] } }).send("GET", "/syncs");
    expect(await response.json()).toMatchObject({
      syncs: [{ request: { source: "alpine", destination, callback: { url: "https://ci.example.com/told" } } }],
    });
  });

  test("asks no object where nothing is configured", async () => {
    const rows = async (): Promise<SyncRow[]> => {
      throw new Error("asked");
    };
    expect(await (await apiFixture({ syncs: { rows } }).send("GET", "/syncs")).json()).toEqual({ syncs: [] });
  });
});

describe("POST /syncs/{name}/run", () => {
  const runs: [string, string][] = [];
  const syncs = {
    run: async (name: string, actor: string) => {
      runs.push([name, actor]);
      return jobDocument({ trigger: { kind: "cron", name, actor } });
    },
  };

  test("is answered with the job", async () => {
    const response = await apiFixture({ config: { syncs: SYNCS }, syncs }).send("POST", "/syncs/nightly/run");
    expect([response.status, response.headers.get("location")]).toEqual([202, `/jobs/${JOB_ID}`]);
    expect(await response.json()).toMatchObject({ trigger: { kind: "cron", name: "nightly", actor: "ci" } });
    expect(runs).toEqual([["nightly", "ci"]]);
  });

  test("knows only what is configured", async () => {
    const response = await apiFixture({ config: { syncs: SYNCS }, syncs }).send("POST", "/syncs/hourly/run");
    expect([response.status, await response.json()]).toMatchObject([404, { code: "not-found" }]);
  });

  test("is refused to a token that may not make the copy", async () => {
    const tokens = [{ name: "ci", sha256: sha256(TOKEN), allow: [{ from: "ghcr.io/**", to: "a.io/**" }] }];
    const response = await apiFixture({ config: { syncs: SYNCS, tokens }, syncs }).send("POST", "/syncs/nightly/run");
    expect([response.status, await response.json()]).toMatchObject([403, { code: "forbidden", errors: [{ pointer: "#/destination" }] }]);
  });

  test("is refused where POLICY forbids the copy, whatever the token may", async () => {
    const run = vi.fn(syncs.run);
    const policy = [{ from: "docker.io/library/alpine", to: "**" }];
    const tokens = [{ name: "ci", sha256: sha256(TOKEN), allow: [{ from: "**", to: "**" }] }];
    const response = await apiFixture({ config: { syncs: SYNCS, policy, tokens }, syncs: { run } }).send("POST", "/syncs/nightly/run");
    const errors = [{ pointer: "#/destination", detail: expect.stringContaining("is not allowed by POLICY") }];
    expect([response.status, await response.json()]).toMatchObject([403, { code: "forbidden", errors }]);
    expect(run).not.toHaveBeenCalled();
  });
});
