/** The tables of a job as the first version of the service made them: what migrations begin with. Never changed. */
export const FIRST_SCHEMA = `
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
  listed_version INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE target (id INTEGER PRIMARY KEY, registry TEXT NOT NULL, repository TEXT NOT NULL, UNIQUE (registry, repository)) STRICT;
CREATE TABLE image (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  digest TEXT,
  media_type TEXT,
  size INTEGER,
  resolved_at INTEGER
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
  error TEXT
) STRICT;
CREATE TABLE manifest (digest TEXT PRIMARY KEY, media_type TEXT NOT NULL, size INTEGER NOT NULL, rank INTEGER NOT NULL) STRICT;
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
  PRIMARY KEY (target, digest)
) STRICT;
CREATE TABLE staging (digest TEXT PRIMARY KEY, progress TEXT NOT NULL) STRICT;
`;
