-- dead_letters: rejected items, kept for 30 days with their reason and their text as it was sent.
CREATE TABLE IF NOT EXISTS footfall_private.dead_letters {on_cluster}
(
    letter_id    UUID,
    rejected_at  DateTime64(3, 'UTC')    CODEC(Delta, ZSTD),
    source       LowCardinality(String),
    kind         LowCardinality(String),
    reason       LowCardinality(String),
    field        String                  CODEC(ZSTD),
    message      String                  CODEC(ZSTD),
    raw          String                  CODEC(ZSTD(3)),
    key_name     LowCardinality(String),
    batch_id     UUID,
    block_id     UInt64                  CODEC(ZSTD)
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(rejected_at)
ORDER BY (reason, rejected_at)
TTL toDateTime(rejected_at) + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000
