-- The ways to a target, and what was in their place.

-- What an endpoint is stands in its target's document; here is how it fares.
CREATE TABLE endpoint (
  id         INTEGER PRIMARY KEY,
  target     INTEGER NOT NULL REFERENCES target(id),
  url        TEXT NOT NULL,
  by_address INTEGER NOT NULL,           -- by its configured addresses, not by its name
  fares      TEXT NOT NULL DEFAULT 'null', -- JSON
  UNIQUE (target, url, by_address)
) STRICT;
INSERT INTO endpoint (target, url, by_address) SELECT id, url, 0 FROM target;

-- The store for which its deliveries are marked as checked; none while all endpoints lead to one.
ALTER TABLE target ADD COLUMN checked_store TEXT;
-- Troubles of the way are an endpoint's now.
UPDATE target SET due_utc_ms = NULL, trouble = NULL, failures = 0
  WHERE json_extract(trouble, '$.kind') IN ('unreachable', 'cut', 'imposter');

-- What stood in a service's place.
CREATE TABLE block (
  id           INTEGER PRIMARY KEY,
  target       INTEGER NOT NULL REFERENCES target(id),
  endpoint     TEXT NOT NULL,            -- its address
  network      TEXT,                     -- as the host names it, hashed
  kind         TEXT NOT NULL,
  status       INTEGER,
  title        TEXT,
  location     TEXT,                     -- where a redirect pointed
  page         BLOB,                     -- its first 64 KB, as they came
  page_type    TEXT,
  certificate  TEXT,                     -- SHA-256 of a forged one, in hexadecimal
  issuer       TEXT,
  address      TEXT,                     -- the address that answered
  first_utc_ms INTEGER NOT NULL,
  last_utc_ms  INTEGER NOT NULL,
  times        INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX block_last ON block(last_utc_ms);
