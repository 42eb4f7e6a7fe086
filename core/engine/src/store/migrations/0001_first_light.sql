-- The outbox's data model (DESIGN.md §1). Ids that travel are blobs; enums are their names in the kernel;
-- reasons are JSON of the kernel's types, so that a later version's codes survive here unread.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value ANY
) STRICT, WITHOUT ROWID;

-- Where assets go. No token ever stands here.
CREATE TABLE target (
  id         INTEGER PRIMARY KEY,
  url        TEXT NOT NULL UNIQUE,      -- as the person named it
  spec       TEXT NOT NULL,             -- JSON: protocol, pin, server, account, key, further origins, headers
  have_check INTEGER NOT NULL,
  posts      INTEGER NOT NULL,          -- takes posts of their own
  press      INTEGER NOT NULL DEFAULT 0, -- takes the rendition of that name
  redact     TEXT NOT NULL DEFAULT 'none', -- what it is not to learn from a file: nothing, location, all
  failures   INTEGER NOT NULL DEFAULT 0,
  due_utc_ms INTEGER, due_boot BLOB, due_since_ms INTEGER,
  trouble    TEXT
) STRICT;

-- One thing that the camera made. `seq` is the order of adding.
CREATE TABLE asset (
  seq          INTEGER PRIMARY KEY AUTOINCREMENT,
  id           BLOB NOT NULL UNIQUE,
  kind         TEXT NOT NULL,
  urgent       INTEGER NOT NULL,
  added_utc_ms INTEGER NOT NULL,
  revision     INTEGER NOT NULL,
  removed      INTEGER NOT NULL DEFAULT 0,  -- 1 removed; 2 and the journal says nothing of it any more
  said         TEXT                     -- JSON: what its file says of when and where; none until it was read
) STRICT;

CREATE INDEX asset_removed ON asset(removed) WHERE removed > 0;

CREATE TABLE post_revision (
  asset          INTEGER NOT NULL REFERENCES asset(seq),
  revision       INTEGER NOT NULL,
  post           TEXT NOT NULL,
  created_utc_ms INTEGER NOT NULL,
  PRIMARY KEY (asset, revision)
) STRICT, WITHOUT ROWID;

-- The still or the motion of an asset, or a rendition of it. Stages: unread, resting, read, parked, removed; of a press
-- rendition whose turn has not come: unmade.
CREATE TABLE part (
  id          INTEGER PRIMARY KEY,
  asset       INTEGER NOT NULL REFERENCES asset(seq),
  -- Checked, so that damage to the one word by which an asset is found is met when the outbox is opened.
  role        TEXT NOT NULL CHECK (role IN ('still', 'motion')),
  rendition   TEXT NOT NULL CHECK (rendition IN ('text', 'preview', 'press', 'original')),
  path        BLOB,                     -- where it was added from, byte for byte; none where it was made here
  library     INTEGER NOT NULL DEFAULT 0, -- the path is an item's id in the host's media library
  spool       TEXT,                     -- the name of the copy in the spool, where one was made
  name        TEXT NOT NULL,
  media_type  TEXT NOT NULL,
  urgent      INTEGER NOT NULL,
  stage       TEXT NOT NULL CHECK (stage IN ('unread', 'resting', 'read', 'parked', 'removed', 'unmade')),
  redact      TEXT NOT NULL DEFAULT 'none', -- of a post's document: what it leaves out
  park        TEXT,
  wait        TEXT,                     -- JSON: why it rests; none while its file is being written
  rereads     INTEGER NOT NULL DEFAULT 0,
  due_utc_ms  INTEGER, due_boot BLOB, due_since_ms INTEGER,
  hash        BLOB,
  length      INTEGER,
  stamp       TEXT,                     -- JSON: what the file was when it was read, or added
  added       TEXT,                     -- JSON: what the file at the path was when it was added
  hashed_utc_ms INTEGER,
  inline      BLOB                      -- a preview, until every target that takes posts has it
) STRICT;
CREATE UNIQUE INDEX part_preview ON part(asset) WHERE rendition = 'preview';
CREATE UNIQUE INDEX part_press ON part(asset) WHERE rendition = 'press';
CREATE INDEX part_of_asset ON part(asset);
CREATE INDEX part_of_path ON part(path) WHERE path IS NOT NULL;
CREATE INDEX part_unread ON part(urgent DESC, asset DESC) WHERE stage = 'unread';
CREATE INDEX part_resting ON part(due_utc_ms) WHERE stage = 'resting';
CREATE INDEX part_spooled ON part(spool) WHERE spool IS NOT NULL;

-- Which targets have a preview.
CREATE TABLE previewed (
  part   INTEGER NOT NULL REFERENCES part(id),
  target INTEGER NOT NULL REFERENCES target(id),
  PRIMARY KEY (part, target)
) STRICT, WITHOUT ROWID;

-- What travels: a blob in one form: as_is; made from an original: press, redacted; a post's document without what some
-- target is not to learn: location, all; later encrypted. What is made of an original is kept in the spool from its turn
-- on until every target that wants it has it.
CREATE TABLE payload (
  id        INTEGER PRIMARY KEY,
  hash      BLOB,                       -- none until it was made, or made once for its name
  form      TEXT NOT NULL,
  rendition TEXT NOT NULL,
  length    INTEGER NOT NULL,           -- at most so many bytes, while it has no hash
  inline    BLOB,                       -- a post's document
  asset     INTEGER,                    -- whose, and which revision
  revision  INTEGER,
  source    BLOB,                       -- the hash of the original that it is made from
  made      TEXT NOT NULL DEFAULT 'made' CHECK (made IN ('unmade', 'put_off', 'cannot', 'made')),
  spool     TEXT,                       -- the name of its file in the spool, while it is kept
  stamp     TEXT,                       -- JSON: what that file is known by
  CHECK (hash IS NOT NULL OR (source IS NOT NULL AND made <> 'made'))
) STRICT;
CREATE INDEX payload_of_hash ON payload(hash);
CREATE UNIQUE INDEX payload_by_hash ON payload(hash, form) WHERE form IN ('as_is', 'location', 'all');
CREATE UNIQUE INDEX payload_made_of ON payload(source, form) WHERE source IS NOT NULL;
CREATE INDEX payload_of_asset ON payload(asset) WHERE asset IS NOT NULL;
CREATE INDEX payload_spooled ON payload(spool) WHERE spool IS NOT NULL;

-- Stages: waiting, resting, sending, delivered, parked, dropped (nobody wants it any more).
CREATE TABLE delivery (
  id         INTEGER PRIMARY KEY,
  payload    INTEGER NOT NULL REFERENCES payload(id),
  target     INTEGER NOT NULL REFERENCES target(id),
  account    TEXT NOT NULL DEFAULT '',
  class      TEXT NOT NULL,
  stage      TEXT NOT NULL CHECK (stage IN ('waiting', 'resting', 'sending', 'delivered', 'parked', 'dropped')),
  checked    INTEGER NOT NULL,          -- the target was asked whether it has it, or cannot be
  urgent     INTEGER NOT NULL,
  ord        INTEGER NOT NULL,
  bytes      INTEGER NOT NULL,
  failures   INTEGER NOT NULL DEFAULT 0,
  due_utc_ms INTEGER, due_boot BLOB, due_since_ms INTEGER,
  trouble    TEXT,
  park       TEXT,
  proof      TEXT,
  UNIQUE (payload, target, account)
) STRICT;
CREATE INDEX delivery_ready ON delivery(target, class, urgent, ord) WHERE stage = 'waiting' AND checked = 1;
CREATE INDEX delivery_unchecked ON delivery(target, urgent, ord) WHERE stage = 'waiting' AND checked = 0;
CREATE INDEX delivery_resting ON delivery(due_utc_ms) WHERE stage = 'resting';
CREATE INDEX delivery_sending ON delivery(target) WHERE stage = 'sending';

-- Assets that somebody deleted at a target and a person wants there all the same, until their posts have said so.
CREATE TABLE again (
  asset  INTEGER NOT NULL REFERENCES asset(seq),
  target INTEGER NOT NULL REFERENCES target(id),
  PRIMARY KEY (asset, target)
) STRICT, WITHOUT ROWID;

-- Which parts a delivery serves: twins share one.
CREATE TABLE wanted (
  part     INTEGER NOT NULL REFERENCES part(id),
  delivery INTEGER NOT NULL REFERENCES delivery(id),
  PRIMARY KEY (part, delivery)
) STRICT, WITHOUT ROWID;
CREATE INDEX wanted_by ON wanted(delivery);

-- A wire machine's state, and the lease under which a step of it was handed out.
CREATE TABLE upload (
  id             INTEGER PRIMARY KEY,
  delivery       INTEGER NOT NULL REFERENCES delivery(id),
  endpoint       TEXT NOT NULL,
  protocol       TEXT NOT NULL,
  version        INTEGER NOT NULL,
  state          BLOB NOT NULL,
  locator        TEXT,
  key            BLOB NOT NULL,
  nonce          BLOB NOT NULL,
  sent           INTEGER NOT NULL DEFAULT 0,
  acknowledged   INTEGER NOT NULL DEFAULT 0,
  epoch          INTEGER NOT NULL DEFAULT 0,
  lease_owner    BLOB,
  created_utc_ms INTEGER NOT NULL,
  ended_utc_ms   INTEGER,
  ending         TEXT
) STRICT;
CREATE UNIQUE INDEX upload_open ON upload(delivery) WHERE ended_utc_ms IS NULL;
CREATE INDEX upload_of_delivery ON upload(delivery);
CREATE INDEX upload_leased ON upload(lease_owner) WHERE lease_owner IS NOT NULL;

-- A step that a host carries: handed out, or ready to be. It holds its upload for as long as owner and epoch agree.
CREATE TABLE lease (
  id             BLOB PRIMARY KEY,
  owner          BLOB NOT NULL,
  upload         INTEGER UNIQUE REFERENCES upload(id),   -- none: the target is asked what it has
  epoch          INTEGER NOT NULL,
  target         INTEGER NOT NULL REFERENCES target(id),
  task           TEXT NOT NULL,         -- JSON: what it is for, and the request
  file           TEXT,                  -- the body's name in the spool
  due_utc_ms     INTEGER,               -- not before this
  made_utc_ms    INTEGER NOT NULL,
  handed_utc_ms  INTEGER                -- none: ready, and nothing of it can be under way
) STRICT, WITHOUT ROWID;
CREATE INDEX lease_of_owner ON lease(owner, made_utc_ms);
CREATE INDEX lease_of_file ON lease(file) WHERE file IS NOT NULL;

-- One request that was made.
CREATE TABLE attempt (
  id             INTEGER PRIMARY KEY,
  delivery       INTEGER NOT NULL REFERENCES delivery(id),
  upload         INTEGER REFERENCES upload(id),
  started_utc_ms INTEGER NOT NULL,
  ended_utc_ms   INTEGER NOT NULL,
  request        TEXT NOT NULL,         -- the method
  verdict        TEXT NOT NULL,
  status         INTEGER,
  sent           INTEGER NOT NULL
) STRICT;
CREATE INDEX attempt_of_delivery ON attempt(delivery, id);

CREATE TABLE receipt (
  delivery INTEGER PRIMARY KEY REFERENCES delivery(id),
  kind     TEXT NOT NULL,
  sealed   TEXT NOT NULL
) STRICT;

-- Bytes by local day, link class and target, for ever.
CREATE TABLE ledger (
  day          INTEGER NOT NULL,
  link         TEXT NOT NULL,
  target       INTEGER NOT NULL REFERENCES target(id),
  sent         INTEGER NOT NULL DEFAULT 0,
  acknowledged INTEGER NOT NULL DEFAULT 0,
  wasted       INTEGER NOT NULL DEFAULT 0,
  received     INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (day, link, target)
) STRICT, WITHOUT ROWID;

-- Counts by stage, kept by triggers, so that no snapshot counts a million rows.
CREATE TABLE tally (
  target INTEGER NOT NULL,
  class  TEXT NOT NULL,
  stage  TEXT NOT NULL,
  n      INTEGER NOT NULL,
  bytes  INTEGER NOT NULL,
  PRIMARY KEY (target, class, stage)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER tally_new AFTER INSERT ON delivery BEGIN
  INSERT INTO tally VALUES (new.target, new.class, new.stage, 1, new.bytes)
    ON CONFLICT DO UPDATE SET n = n + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER tally_moved AFTER UPDATE OF stage ON delivery WHEN old.stage <> new.stage BEGIN
  UPDATE tally SET n = n - 1, bytes = bytes - old.bytes
    WHERE target = old.target AND class = old.class AND stage = old.stage;
  INSERT INTO tally VALUES (new.target, new.class, new.stage, 1, new.bytes)
    ON CONFLICT DO UPDATE SET n = n + 1, bytes = bytes + excluded.bytes;
END;

CREATE TRIGGER tally_weighed AFTER UPDATE OF bytes ON delivery WHEN old.bytes <> new.bytes AND old.stage = new.stage BEGIN
  UPDATE tally SET bytes = bytes - old.bytes + new.bytes
    WHERE target = new.target AND class = new.class AND stage = new.stage;
END;

CREATE TABLE part_tally (
  stage TEXT PRIMARY KEY,
  n     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER part_tally_new AFTER INSERT ON part BEGIN
  INSERT INTO part_tally VALUES (new.stage, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER part_tally_moved AFTER UPDATE OF stage ON part WHEN old.stage <> new.stage BEGIN
  UPDATE part_tally SET n = n - 1 WHERE stage = old.stage;
  INSERT INTO part_tally VALUES (new.stage, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;

-- What the journal told when the database was made anew: consulted when a delivery is made.
CREATE TABLE fate (
  hash   BLOB NOT NULL,
  target INTEGER NOT NULL REFERENCES target(id),
  proof  TEXT,                          -- delivered with this proof; none: begun, and nobody knows
  sealed TEXT,                          -- its receipt
  PRIMARY KEY (hash, target)
) STRICT, WITHOUT ROWID;
