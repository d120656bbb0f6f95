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
    body         BLOB    NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS chunks_by_lane ON chunks (lane, id);

-- An INSERT from the moment its rows are fixed until they are known to be in the table.
-- `in_doubt`: it stands for an earlier block of which the table lacked rows: count what it has in the end.
-- `days`: days (since 1970) of that earlier block, whose rollups are to be compared.
CREATE TABLE IF NOT EXISTS blocks
(
    block_id  INTEGER PRIMARY KEY,
    lane      TEXT    NOT NULL,
    rows      INTEGER NOT NULL,
    in_doubt  INTEGER NOT NULL DEFAULT 0,
    days      TEXT    NOT NULL DEFAULT ''
) STRICT;

-- What each lane holds, kept by every transaction that adds or removes chunks.
CREATE TABLE IF NOT EXISTS lanes
(
    lane   TEXT PRIMARY KEY,
    rows   INTEGER NOT NULL,
    bytes  INTEGER NOT NULL
) STRICT;

-- Ids of accepted items in three generations: the one that is filled, the one before, and one being emptied.
CREATE TABLE IF NOT EXISTS ids_0 (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS ids_1 (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS ids_2 (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS id_generations
(
    slot        INTEGER PRIMARY KEY,
    started_at  INTEGER NOT NULL,
    ids         INTEGER NOT NULL
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

-- State of orders as the ledger has decided it, ahead of what the store holds.
CREATE TABLE IF NOT EXISTS orders
(
    order_id  TEXT PRIMARY KEY,
    state     BLOB    NOT NULL,
    chunk_id  INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX IF NOT EXISTS orders_by_chunk ON orders (chunk_id);
