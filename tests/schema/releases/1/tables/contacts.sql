-- contacts: names and addresses of users, apart from what the dashboards' users of the store can read.
CREATE TABLE IF NOT EXISTS footfall_private.contacts {on_cluster}
(
    user_id     UInt64,
    name        String                 CODEC(ZSTD),
    email       String                 CODEC(ZSTD),
    phone       String                 CODEC(ZSTD),
    updated_at  DateTime64(3, 'UTC')   CODEC(Delta, ZSTD),
    block_id    UInt64                 CODEC(ZSTD)
)
ENGINE = {engine:ReplacingMergeTree(updated_at)}
ORDER BY user_id
SETTINGS non_replicated_deduplication_window = 10000
