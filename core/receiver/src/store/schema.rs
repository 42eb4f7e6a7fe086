//! The tables. A step, once released, is never changed: a new one follows it.

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

const STEPS: &[M<'static>] = &[M::up(FIRST)];

pub(super) fn migrate(connection: &mut Connection) -> rusqlite_migration::Result<()> {
    Migrations::from_slice(STEPS).to_latest(connection)
}

const FIRST: &str = "
-- Facts about this store: the server's id, the boot in which it was last open.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE account (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account (id),
  name TEXT NOT NULL,
  token BLOB NOT NULL UNIQUE,           -- SHA-256 of the bearer token
  created INTEGER NOT NULL,
  revoked INTEGER
) STRICT;
CREATE INDEX device_of_account ON device (account);

-- Sessions of the page's viewers.
CREATE TABLE viewer (token BLOB PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Keys that sign receipts, oldest first; the private halves are files.
CREATE TABLE signing_key (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  public TEXT NOT NULL,
  succession TEXT,                      -- sealed by the key before; NULL for the first
  created INTEGER NOT NULL
) STRICT;

CREATE TABLE upload (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account (id),
  device TEXT NOT NULL REFERENCES device (id),
  key TEXT,                             -- the client's idempotency key
  length INTEGER,                       -- NULL while deferred
  claimed BLOB,                         -- BLAKE3 as announced
  nonce BLOB,
  metadata TEXT,                        -- Upload-Metadata as it came
  state TEXT NOT NULL CHECK (state IN ('open', 'complete', 'mismatch', 'expired')),
  offset INTEGER NOT NULL DEFAULT 0,    -- bytes on disk for certain
  unverified INTEGER,                   -- a checksummed request is writing from here on
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  completed INTEGER,
  hash BLOB                             -- BLAKE3 of what was stored
) STRICT;
CREATE UNIQUE INDEX upload_by_key ON upload (account, key) WHERE key IS NOT NULL;
CREATE INDEX upload_unfinished ON upload (device, claimed) WHERE state = 'open';
CREATE INDEX upload_on_its_way ON upload (account, claimed) WHERE state = 'open';
CREATE INDEX upload_expiry ON upload (expires) WHERE state <> 'complete';

-- Which account brought which blob.
CREATE TABLE holding (
  account TEXT NOT NULL REFERENCES account (id),
  hash BLOB NOT NULL,
  length INTEGER NOT NULL,
  upload TEXT NOT NULL,
  completed INTEGER NOT NULL,
  deleted INTEGER,
  PRIMARY KEY (account, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX holding_of_blob ON holding (hash) WHERE deleted IS NULL;

CREATE TABLE post (
  account TEXT NOT NULL REFERENCES account (id),
  asset TEXT NOT NULL,
  revision INTEGER NOT NULL,
  device TEXT NOT NULL,
  hash BLOB NOT NULL,
  body BLOB NOT NULL,
  received INTEGER NOT NULL,
  PRIMARY KEY (account, asset, revision)
) STRICT;

-- What the page shows: from the newest revision of a post, or from an upload that came without one.
CREATE TABLE asset (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL REFERENCES account (id),
  asset TEXT,                           -- the device's id for it; NULL when no post came
  upload TEXT,                          -- the upload that came without a post
  revision INTEGER NOT NULL,
  caption TEXT,
  author TEXT,
  place TEXT,
  latitude REAL,
  longitude REAL,
  time TEXT,                            -- as the post says it
  taken INTEGER NOT NULL,               -- local wall clock as if it were UTC, for order and days
  arrived INTEGER NOT NULL,
  deleted INTEGER,
  unlaid INTEGER NOT NULL DEFAULT 1     -- 1: the folder does not show this state yet; 2: it is being laid
) STRICT;
CREATE UNIQUE INDEX asset_by_post ON asset (account, asset) WHERE asset IS NOT NULL;
CREATE UNIQUE INDEX asset_by_upload ON asset (upload) WHERE upload IS NOT NULL;
CREATE INDEX asset_by_day ON asset (taken, id) WHERE deleted IS NULL;
CREATE INDEX asset_by_arrival ON asset (arrived, id) WHERE deleted IS NULL;
CREATE INDEX asset_unlaid ON asset (id) WHERE unlaid = 1 AND deleted IS NULL;

CREATE TABLE part (
  asset INTEGER NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  role TEXT NOT NULL,
  rendition TEXT NOT NULL,
  hash BLOB NOT NULL,
  length INTEGER NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  PRIMARY KEY (asset, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX part_by_hash ON part (hash);

CREATE TABLE tag (
  asset INTEGER NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  tag TEXT NOT NULL COLLATE NOCASE,
  taken INTEGER NOT NULL,               -- as in asset, so that one index serves a filtered list
  arrived INTEGER NOT NULL,
  PRIMARY KEY (asset, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_by_day ON tag (tag, taken, asset);
CREATE INDEX tag_by_arrival ON tag (tag, arrived, asset);

-- What lies in the newsroom's folder, by path below it.
CREATE TABLE laid (
  path TEXT PRIMARY KEY COLLATE NOCASE,
  asset INTEGER NOT NULL,
  hash BLOB NOT NULL,
  placed INTEGER NOT NULL DEFAULT 0     -- the file was there once; if it is missing now, someone took it
) STRICT, WITHOUT ROWID;
CREATE INDEX laid_of_asset ON laid (asset);
";

#[cfg(test)]
mod tests {
    #[test]
    fn the_steps_are_sound() {
        rusqlite_migration::Migrations::from_slice(super::STEPS).validate().unwrap();
    }
}
