/**
 * The tables of one `CopyJob`, in the SQLite database of its Durable Object.
 *
 * | table | a row is | lives |
 * |---|---|---|
 * | meta | the schema's version | as long as the object |
 * | job | the job itself; exactly one row | until `JOB_TTL_DAYS` after its end |
 * | target | a destination repository | with the job |
 * | image | one source reference to copy; `root` is what is tagged where platforms were chosen | with the job |
 * | destination | one reference that an image is to be found under; `plan` is what a dry run found out | with the job |
 * | manifest | one manifest of an image, with its place in the order of writing and, as JSON, what it names | with the job |
 * | manifest_part | up to 1 MiB of a manifest's bytes (a row may hold 2 MiB) | until the job succeeds; with the job where it fails or is cancelled, for a retry |
 * | manifest_write | one manifest at one target | with the job |
 * | blob | one blob at one target; `upload` is an upload that was left to go on with, `begun` one that bytes are sent in, `origin` where else than in the source's repository its bytes are | with the job |
 * | referrer | something attached to the image under `root`, or to what is attached to that, at one target | with the job |
 * | referrer_plan | an image whose referrers were looked for, for one target | with the job |
 * | staging | how far one blob is on its way into the stage | until it is staged |
 */

/** Tables that came with the third version. */
const REFERRER_TABLES = `
CREATE TABLE referrer (
  target INTEGER NOT NULL,
  root TEXT NOT NULL,
  subject TEXT NOT NULL,
  digest TEXT NOT NULL,
  put_as TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  checked_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  PRIMARY KEY (target, root, subject, digest, put_as)
) STRICT;
CREATE TABLE referrer_plan (target INTEGER NOT NULL, root TEXT NOT NULL, PRIMARY KEY (target, root)) STRICT;
`;

/**
 * What makes a database of each version one of the next: the first entry of version 1 one of version 2. An entry that was deployed is never
 * changed; each change of {@link TABLES} adds one.
 */
const MIGRATIONS: readonly string[] = [
  "ALTER TABLE blob ADD COLUMN origin TEXT",
  REFERRER_TABLES,
  "ALTER TABLE image ADD COLUMN root TEXT",
  "ALTER TABLE destination ADD COLUMN plan TEXT",
  "ALTER TABLE job ADD COLUMN at_work INTEGER NOT NULL DEFAULT 0; ALTER TABLE job ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0",
  "ALTER TABLE manifest ADD COLUMN names TEXT",
  "ALTER TABLE blob ADD COLUMN begun TEXT",
];

/** The version of the tables below. A database of an older one is migrated when its object next wakes. */
export const SCHEMA_VERSION = 1 + MIGRATIONS.length;

/** New columns stand last, where a migration puts them. */
const TABLES = `
CREATE TABLE meta (version INTEGER NOT NULL);
CREATE TABLE job (
  id TEXT PRIMARY KEY,
  status TEXT NOT NULL,
  request TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  trigger TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  queued_at INTEGER NOT NULL,
  wakes INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER,
  finished_at INTEGER,
  error TEXT,
  waiting_until INTEGER,
  waiting_reason TEXT,
  troubled_since INTEGER,
  setbacks INTEGER NOT NULL DEFAULT 0,
  cancel_asked INTEGER NOT NULL DEFAULT 0,
  ignores_ranges INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL DEFAULT 1,
  listed_version INTEGER NOT NULL DEFAULT 0,
  at_work INTEGER NOT NULL DEFAULT 0,
  deaths INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE target (id INTEGER PRIMARY KEY, registry TEXT NOT NULL, repository TEXT NOT NULL, UNIQUE (registry, repository)) STRICT;
CREATE TABLE image (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  digest TEXT,
  media_type TEXT,
  size INTEGER,
  resolved_at INTEGER,
  root TEXT
) STRICT;
CREATE TABLE destination (
  id INTEGER PRIMARY KEY,
  image INTEGER NOT NULL,
  target INTEGER NOT NULL,
  reference TEXT NOT NULL,
  put_as TEXT,
  asserted TEXT,
  checked_at INTEGER,
  digest TEXT,
  status TEXT NOT NULL DEFAULT 'pending',
  error TEXT,
  plan TEXT
) STRICT;
CREATE TABLE manifest (digest TEXT PRIMARY KEY, media_type TEXT NOT NULL, size INTEGER NOT NULL, rank INTEGER NOT NULL, names TEXT) STRICT;
CREATE TABLE manifest_part (digest TEXT NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (digest, part)) STRICT;
CREATE TABLE manifest_write (target INTEGER NOT NULL, digest TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'pending', PRIMARY KEY (target, digest)) STRICT;
CREATE TABLE blob (
  target INTEGER NOT NULL,
  digest TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'pending',
  placement TEXT,
  sent INTEGER NOT NULL DEFAULT 0,
  staged INTEGER NOT NULL DEFAULT 0,
  outlived INTEGER NOT NULL DEFAULT 0,
  upload TEXT,
  origin TEXT,
  begun TEXT,
  PRIMARY KEY (target, digest)
) STRICT;
CREATE TABLE staging (digest TEXT PRIMARY KEY, progress TEXT NOT NULL) STRICT;
${REFERRER_TABLES}`;

/** Whether this object has ever held a job. Asking writes nothing: an object that is only asked leaves nothing behind. */
export function hasTables(sql: SqlStorage): boolean {
  return sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'").toArray().length > 0;
}

/** Makes the tables in an empty database. `PRAGMA user_version` is not allowed here, so the version is a row. */
export function createTables(sql: SqlStorage): void {
  sql.exec(TABLES);
  sql.exec("INSERT INTO meta (version) VALUES (?)", SCHEMA_VERSION);
}

/** Brings the tables of an older version up to date. A job that such a version stored goes on. No await in between: all of it or nothing. */
export function migrateTables(sql: SqlStorage): void {
  const version = hasTables(sql) ? sql.exec<{ version: number }>("SELECT version FROM meta").one().version : SCHEMA_VERSION;
  // A newer one was there before this code was rolled back to; it only has columns more.
  for (let from = version; from < SCHEMA_VERSION; from++) {
    sql.exec(MIGRATIONS[from - 1] as string);
    sql.exec("UPDATE meta SET version = ?", from + 1);
  }
}
