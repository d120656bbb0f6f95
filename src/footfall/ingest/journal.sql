-- The inbox's file (SQLite). Everything in it changes in transactions that are on disk before they count.

-- Rows on their way to a table, or items on their way to a stage, in the order of `id` within their lane.
-- `months`: the partitions that the rows touch. `block_id`: the INSERT that they belong to, once it is fixed.
CREATE TABLE IF NOT EXISTS chunks
(
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    lane         TEXT    NOT NULL,
    block_id     INTEGER,
    rows         INTEGER NOT NULL,
    months       TEXT    NOT NULL,
    accepted_at  INTEGER NOT NULL,
    urgent       INTEGER NOT NULL,
    size         INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS chunks_that_wait ON chunks (lane, id) WHERE block_id IS NULL;
CREATE INDEX IF NOT EXISTS chunks_by_block ON chunks (block_id) WHERE block_id IS NOT NULL;
DROP INDEX IF EXISTS chunks_by_lane;

-- The rows of each chunk, `size` bytes of them, and gone with it. They stand apart because SQLite writes a whole row
-- anew for each of its columns that changes: to put chunks into a block wrote all bodies a second time.
CREATE TABLE IF NOT EXISTS bodies
(
    id    INTEGER PRIMARY KEY,
    body  BLOB    NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS bodies_go AFTER DELETE ON chunks BEGIN DELETE FROM bodies WHERE id = old.id; END;

-- An INSERT from the moment its rows are fixed until they are known to be in the table.
-- `in_doubt`: 1: it stands for an earlier block of which the table lacked rows: count what it has in the end;
-- 2: the machine has started since it was sent: count what the table has of it, and never send it as it is.
-- `days`: days (since 1970) of that earlier block, whose rollups are to be compared.
CREATE TABLE IF NOT EXISTS blocks
(
    block_id  INTEGER PRIMARY KEY,
    lane      TEXT    NOT NULL,
    rows      INTEGER NOT NULL,
    in_doubt  INTEGER NOT NULL DEFAULT 0,
    days      TEXT    NOT NULL DEFAULT ''
) STRICT;

-- Blocks that are in the table, but maybe not on its disk yet: their chunks stay, and wait for nothing.
CREATE TABLE IF NOT EXISTS kept
(
    block_id         INTEGER PRIMARY KEY,
    lane             TEXT    NOT NULL,
    rows             INTEGER NOT NULL,
    bytes            INTEGER NOT NULL,
    acknowledged_at  INTEGER NOT NULL
) STRICT;

-- The machine's start under which blocks were written last.
CREATE TABLE IF NOT EXISTS boot
(
    id       INTEGER PRIMARY KEY,
    boot_id  TEXT    NOT NULL
) STRICT;

-- What each lane holds, kept by every transaction that adds or removes chunks.
CREATE TABLE IF NOT EXISTS lanes
(
    lane   TEXT PRIMARY KEY,
    rows   INTEGER NOT NULL,
    bytes  INTEGER NOT NULL
) STRICT;

-- The index of accepted ids (see ids.py). `since_ms`: since when every id is remembered.
CREATE TABLE IF NOT EXISTS id_index
(
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    salt      INTEGER NOT NULL,
    since_ms  INTEGER NOT NULL
) STRICT;

-- The newest ids, 16 bytes each: a row for each lane of a transaction that accepted some.
CREATE TABLE IF NOT EXISTS id_batches
(
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    lane   TEXT    NOT NULL,
    at_ms  INTEGER NOT NULL,
    ids    BLOB    NOT NULL
) STRICT;

-- Files with older ids. `last`: the row of id_batches that the newest of them came from.
CREATE TABLE IF NOT EXISTS id_runs
(
    file      TEXT    NOT NULL UNIQUE,
    lane      TEXT    NOT NULL,
    level     INTEGER NOT NULL,
    ids       INTEGER NOT NULL,
    last      INTEGER NOT NULL,
    first_at  INTEGER NOT NULL,
    last_at   INTEGER NOT NULL
) STRICT;

-- Ids of items that were refused after they had been accepted: the same item may be sent again.
CREATE TABLE IF NOT EXISTS id_forgotten
(
    lane   TEXT    NOT NULL,
    key    BLOB    NOT NULL,
    at_ms  INTEGER NOT NULL,
    PRIMARY KEY (lane, key)
) WITHOUT ROWID, STRICT;

-- The last value of each key in three generations: the one that is filled, the one before, one being emptied.
CREATE TABLE IF NOT EXISTS values_0 (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS values_1 (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS values_2 (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS value_generations
(
    slot        INTEGER PRIMARY KEY,
    started_at  INTEGER NOT NULL,
    keys        INTEGER NOT NULL
) STRICT;

-- Answers to requests, for those who ask again.
CREATE TABLE IF NOT EXISTS receipts
(
    batch_id  BLOB PRIMARY KEY,
    answer    BLOB NOT NULL
) WITHOUT ROWID, STRICT;

-- What the stages have decided otherwise than the answer said: it came before their turn.
CREATE TABLE IF NOT EXISTS corrections
(
    batch_id    BLOB PRIMARY KEY,
    correction  BLOB NOT NULL
) WITHOUT ROWID, STRICT;

-- What is written to see whether anything can be.
CREATE TABLE IF NOT EXISTS probe
(
    id    INTEGER PRIMARY KEY,
    junk  BLOB NOT NULL
) STRICT;

-- How many dead letters are kept (see quota.py): `bytes` on the `day`, `kept` and `dropped` in all.
CREATE TABLE IF NOT EXISTS letters
(
    reason   TEXT PRIMARY KEY,
    day      INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    kept     INTEGER NOT NULL,
    dropped  INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- State of orders as the ledger has decided it, ahead of what the store holds.
CREATE TABLE IF NOT EXISTS orders
(
    order_id  TEXT PRIMARY KEY,
    state     BLOB    NOT NULL,
    chunk_id  INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS orders_by_chunk ON orders (chunk_id);

-- Changes that came before their order, and what they come to, kept by every transaction that changes them.
CREATE TABLE IF NOT EXISTS early
(
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id  TEXT    NOT NULL,
    until     INTEGER NOT NULL,
    change    BLOB    NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS early_by_order ON early (order_id, id);
CREATE TABLE IF NOT EXISTS early_totals
(
    id       INTEGER PRIMARY KEY,
    changes  INTEGER NOT NULL,
    bytes    INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO early_totals VALUES (1, 0, 0);
