-- What rules tell apart, and what bytes cost.

-- The album that an asset was added from, as the app names it; empty where there is none.
ALTER TABLE asset ADD COLUMN album TEXT NOT NULL DEFAULT '';

-- The motion of a pair: its asset is shown by the still that it is beside.
ALTER TABLE part ADD COLUMN beside INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX part_beside ON part(asset) WHERE beside = 1;

-- Of the first asset that wants it. None until one does.
ALTER TABLE delivery ADD COLUMN kind TEXT;
ALTER TABLE delivery ADD COLUMN album TEXT NOT NULL DEFAULT '';
-- Payload bytes that the server has not said it kept.
ALTER TABLE delivery ADD COLUMN todo INTEGER NOT NULL DEFAULT 0;
-- A post that went without its preview, which may come after it.
ALTER TABLE delivery ADD COLUMN bare INTEGER NOT NULL DEFAULT 0;

UPDATE delivery SET
  kind = (SELECT a.kind FROM wanted w JOIN part p ON p.id = w.part JOIN asset a ON a.seq = p.asset
          WHERE w.delivery = delivery.id ORDER BY w.part LIMIT 1),
  todo = max(0, bytes - coalesce((SELECT max(u.acknowledged) FROM upload u WHERE u.delivery = delivery.id AND u.ended_utc_ms IS NULL), 0));

DROP INDEX delivery_ready;
CREATE INDEX delivery_ready ON delivery(target, class, kind, album, urgent, ord, todo) WHERE stage = 'waiting' AND checked = 1;
-- The smallest first: for rules and budgets that let only small things through.
CREATE INDEX delivery_small ON delivery(target, class, kind, album, urgent, todo) WHERE stage = 'waiting' AND checked = 1;
DROP INDEX delivery_unchecked;
CREATE INDEX delivery_unchecked ON delivery(target, class, kind, album, urgent, ord) WHERE stage = 'waiting' AND checked = 0;
-- What rests, by when it is due: by the time since its boot, and by the wall clock.
DROP INDEX delivery_resting;
CREATE INDEX delivery_resting_utc ON delivery(due_utc_ms) WHERE stage = 'resting';
CREATE INDEX delivery_resting_boot ON delivery(due_boot, due_since_ms) WHERE stage = 'resting';
DROP INDEX part_resting;
CREATE INDEX part_resting_utc ON part(due_utc_ms) WHERE stage = 'resting';
CREATE INDEX part_resting_boot ON part(due_boot, due_since_ms) WHERE stage = 'resting';
-- Nobody wants what it carries any more, and a server may keep some of it.
ALTER TABLE upload ADD COLUMN unwanted INTEGER NOT NULL DEFAULT 0;
UPDATE upload SET unwanted = 1 WHERE ended_utc_ms IS NULL AND delivery IN (SELECT id FROM delivery WHERE stage = 'dropped');
CREATE INDEX upload_unwanted ON upload(delivery) WHERE unwanted = 1 AND ended_utc_ms IS NULL;
CREATE TRIGGER upload_dropped AFTER UPDATE OF stage ON delivery WHEN (old.stage = 'dropped') <> (new.stage = 'dropped') BEGIN
  UPDATE upload SET unwanted = (new.stage = 'dropped') WHERE delivery = new.id AND ended_utc_ms IS NULL;
END;
CREATE INDEX delivery_bare ON delivery(target, kind, album, urgent, ord) WHERE bare = 1;

-- Counts by all that rules tell apart.
DROP TRIGGER tally_new;
DROP TRIGGER tally_moved;
DROP TRIGGER IF EXISTS tally_weighed;
DROP TABLE tally;
CREATE TABLE tally (
  target INTEGER NOT NULL,
  class  TEXT NOT NULL,
  kind   TEXT NOT NULL,
  album  TEXT NOT NULL,
  urgent INTEGER NOT NULL,
  stage  TEXT NOT NULL,
  n      INTEGER NOT NULL,
  bytes  INTEGER NOT NULL,
  todo   INTEGER NOT NULL,
  PRIMARY KEY (target, class, kind, album, urgent, stage)
) STRICT, WITHOUT ROWID;
INSERT INTO tally SELECT target, class, coalesce(kind, ''), album, urgent, stage, count(*), sum(bytes), sum(todo)
  FROM delivery GROUP BY 1, 2, 3, 4, 5, 6;

CREATE TRIGGER tally_new AFTER INSERT ON delivery BEGIN
  INSERT INTO tally VALUES (new.target, new.class, coalesce(new.kind, ''), new.album, new.urgent, new.stage, 1, new.bytes, new.todo)
    ON CONFLICT DO UPDATE SET n = n + 1, bytes = bytes + excluded.bytes, todo = todo + excluded.todo;
  UPDATE delivery SET todo = bytes WHERE id = new.id;
END;
CREATE TRIGGER tally_moved AFTER UPDATE OF stage, kind, album, urgent, bytes, todo ON delivery
WHEN old.stage <> new.stage OR old.kind IS NOT new.kind OR old.album <> new.album OR old.urgent <> new.urgent
  OR old.bytes <> new.bytes OR old.todo <> new.todo BEGIN
  UPDATE tally SET n = n - 1, bytes = bytes - old.bytes, todo = todo - old.todo
    WHERE target = old.target AND class = old.class AND kind = coalesce(old.kind, '') AND album = old.album
      AND urgent = old.urgent AND stage = old.stage;
  INSERT INTO tally VALUES (new.target, new.class, coalesce(new.kind, ''), new.album, new.urgent, new.stage, 1, new.bytes, new.todo)
    ON CONFLICT DO UPDATE SET n = n + 1, bytes = bytes + excluded.bytes, todo = todo + excluded.todo;
END;

-- A preview that may come after its post counts like something that waits, under a class of its own. 24 KB is what one is
-- taken for before it is made.
CREATE TRIGGER tally_bare AFTER UPDATE OF bare, stage, urgent, kind, album ON delivery
WHEN (old.bare = 1 AND old.stage = 'delivered') <> (new.bare = 1 AND new.stage = 'delivered')
  OR (new.bare = 1 AND new.stage = 'delivered'
      AND (old.urgent <> new.urgent OR old.kind IS NOT new.kind OR old.album <> new.album)) BEGIN
  INSERT INTO tally SELECT old.target, 'preview', coalesce(old.kind, ''), old.album, old.urgent, 'waiting', -1, -24576, -24576
    WHERE old.bare = 1 AND old.stage = 'delivered'
    ON CONFLICT DO UPDATE SET n = n - 1, bytes = bytes - 24576, todo = todo - 24576;
  INSERT INTO tally SELECT new.target, 'preview', coalesce(new.kind, ''), new.album, new.urgent, 'waiting', 1, 24576, 24576
    WHERE new.bare = 1 AND new.stage = 'delivered'
    ON CONFLICT DO UPDATE SET n = n + 1, bytes = bytes + 24576, todo = todo + 24576;
END;

-- The first asset that wants a delivery says of what kind it is.
CREATE TRIGGER delivery_wanted AFTER INSERT ON wanted BEGIN
  UPDATE delivery SET (kind, album) = (SELECT a.kind, a.album FROM part p JOIN asset a ON a.seq = p.asset WHERE p.id = new.part)
    WHERE id = new.delivery AND kind IS NULL;
END;

CREATE TRIGGER delivery_weighed AFTER UPDATE OF bytes ON delivery WHEN old.bytes <> new.bytes BEGIN
  UPDATE delivery SET todo = max(0, new.bytes - coalesce(
    (SELECT max(u.acknowledged) FROM upload u WHERE u.delivery = new.id AND u.ended_utc_ms IS NULL), 0)) WHERE id = new.id;
END;
CREATE TRIGGER upload_began AFTER INSERT ON upload BEGIN
  UPDATE delivery SET todo = max(0, bytes - new.acknowledged) WHERE id = new.delivery;
END;
CREATE TRIGGER upload_went_on AFTER UPDATE OF acknowledged ON upload
WHEN old.acknowledged <> new.acknowledged AND new.ended_utc_ms IS NULL BEGIN
  UPDATE delivery SET todo = max(0, bytes - new.acknowledged) WHERE id = new.delivery;
END;

-- Documents that a person sets: the policy; and what time is reckoned to be.
CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A person's word about networks.
CREATE TABLE network (
  id   TEXT PRIMARY KEY,
  mark TEXT NOT NULL                    -- metered, free
) STRICT, WITHOUT ROWID;

CREATE TABLE budget (
  name TEXT PRIMARY KEY,
  doc  TEXT NOT NULL,                   -- JSON: what it covers, how much, in which time
  running TEXT NOT NULL                 -- JSON: its period, in reckoned time, and billed bytes spent in it
) STRICT, WITHOUT ROWID;

-- Grants: these assets, this link, up to so many billed bytes, until then (reckoned time).
CREATE TABLE given (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  kind         TEXT NOT NULL,           -- JSON: the link's kind
  network      TEXT,
  roaming      INTEGER,                 -- none: it was not known
  bytes        INTEGER NOT NULL,
  used         INTEGER NOT NULL DEFAULT 0,
  until_ms     INTEGER NOT NULL,
  given_utc_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE given_for (
  asset INTEGER NOT NULL REFERENCES asset(seq),
  given INTEGER NOT NULL REFERENCES given(id),
  PRIMARY KEY (asset, given)
) STRICT, WITHOUT ROWID;
CREATE INDEX given_to ON given_for(given);

-- Whose bytes go through the door, or by a host: opened before the first, closed when all are in the ledger. What is
-- reserved is more than what can still be spent, whatever happens.
CREATE TABLE account (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  target      INTEGER NOT NULL REFERENCES target(id),
  link        TEXT NOT NULL,            -- class
  network     TEXT,
  given       INTEGER REFERENCES given(id),
  lease       BLOB,                     -- of a step that a host carries; none: of a run
  reserved    INTEGER NOT NULL DEFAULT 0,
  sent        INTEGER NOT NULL DEFAULT 0, -- these three: what is in the ledger already
  received    INTEGER NOT NULL DEFAULT 0,
  connections INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX account_of_lease ON account(lease) WHERE lease IS NOT NULL;

-- How fast links were, by class and network.
CREATE TABLE pace (
  link             TEXT NOT NULL,
  network          TEXT NOT NULL,
  bytes_per_second INTEGER NOT NULL,
  PRIMARY KEY (link, network)
) STRICT, WITHOUT ROWID;
