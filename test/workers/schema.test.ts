/** Jobs that an older version of the service stored: their tables become today's, and they go on. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { timeOrderedId } from "../../src/jobs/job-id.ts";
import { JobStore } from "../../src/jobs/job-store.ts";
import { createTables, migrateTables, SCHEMA_VERSION } from "../../src/jobs/schema.ts";
import { expectArrived } from "../support/copied-image.ts";
import { freshName, jobEnd, twoRegistries } from "../support/copy-service.ts";
import { FIRST_SCHEMA } from "../support/first-schema.ts";

/** Each table's columns, as SQLite tells them. */
function columnsOf(sql: SqlStorage): Record<string, unknown[]> {
  const tables = sql.exec<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' ORDER BY name",
  );
  return Object.fromEntries(tables.toArray().map(({ name }) => [name, sql.exec(`PRAGMA table_info(${name})`).toArray()]));
}

function createFirst(sql: SqlStorage): void {
  sql.exec(FIRST_SCHEMA);
  sql.exec("INSERT INTO meta (version) VALUES (1)");
}

/** Runs `work` on the database of a job's object that nothing else uses. */
function onDatabase<T>(id: string, work: (sql: SqlStorage) => T): Promise<T> {
  return runInDurableObject(env.COPY_JOBS.getByName(id), (_, { storage }) => work(storage.sql));
}

describe("tables of the first version", () => {
  test("become those that a new job gets, once", async () => {
    const fresh = await onDatabase("schema-fresh", (sql) => {
      createTables(sql);
      return columnsOf(sql);
    });
    const migrated = await onDatabase("schema-migrated", (sql) => {
      createFirst(sql);
      migrateTables(sql);
      migrateTables(sql);
      expect(sql.exec("SELECT version FROM meta").toArray()).toEqual([{ version: SCHEMA_VERSION }]);
      return columnsOf(sql);
    });
    expect(Object.keys(fresh)).toContain("blob");
    expect(migrated).toEqual(fresh);
  });

  test("of a newer version stay as they are", async () => {
    const versions = await onDatabase("schema-newer", (sql) => {
      createTables(sql);
      sql.exec("UPDATE meta SET version = ?", SCHEMA_VERSION + 1);
      migrateTables(sql);
      return sql.exec("SELECT version FROM meta").toArray();
    });
    expect(versions).toEqual([{ version: SCHEMA_VERSION + 1 }]);
  });

  test("are not made where nothing was ever stored", async () => {
    const columns = await onDatabase("schema-none", (sql) => {
      migrateTables(sql);
      return columnsOf(sql);
    });
    expect(columns).toEqual({});
  });
});

test("a job that the first version stored goes on", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  const image = await from.putImage(name, "1.0", { seed: "first schema" });
  const id = timeOrderedId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
  const stub = env.COPY_JOBS.getByName(id);
  await onDatabase(id, (sql) => {
    createFirst(sql);
    const request = { source: `${from.host}/${name}:1.0`, destination: [`${to.host}/${name}:1.0`] };
    const columns = "id, status, request, fingerprint, trigger, created_at, queued_at";
    const trigger = { kind: "api", name: "anonymous", actor: null };
    sql.exec(`INSERT INTO job (${columns}) VALUES (?, 'queued', ?, '', ?, 1, 1)`, id, JSON.stringify(request), JSON.stringify(trigger));
    sql.exec("INSERT INTO image (source) VALUES (?)", request.source);
    sql.exec("INSERT INTO target (registry, repository) VALUES (?, ?)", to.host, name);
    sql.exec("INSERT INTO destination (image, target, reference, put_as) VALUES (1, 1, ?, '1.0')", request.destination[0] as string);
    // The object was made when its database was still empty; a process that finds these tables is a new one.
    new JobStore(sql);
  });
  await runInDurableObject(stub, (_, { storage }) => storage.setAlarm(Date.now() + 60_000));
  await runDurableObjectAlarm(stub);

  expect(await jobEnd(id)).toMatchObject({ status: "succeeded", digest: image.digest });
  await expectArrived(image, { at: from, name }, { at: to, name });
});
