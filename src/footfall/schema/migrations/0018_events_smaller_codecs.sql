-- Codecs as measured by `footfall bench compression`; parts that are there take them when they merge.
ALTER TABLE footfall.events {on_cluster}
    MODIFY COLUMN event_type CODEC(ZSTD),
    MODIFY COLUMN event_timestamp CODEC(T64, ZSTD),
    MODIFY COLUMN user_id CODEC(Delta, ZSTD),
    MODIFY COLUMN page_url CODEC(ZSTD(3)),
    MODIFY COLUMN utm_source CODEC(ZSTD),
    MODIFY COLUMN utm_medium CODEC(ZSTD),
    MODIFY COLUMN utm_campaign CODEC(ZSTD),
    MODIFY COLUMN device_type CODEC(ZSTD),
    MODIFY COLUMN browser CODEC(ZSTD),
    MODIFY COLUMN country CODEC(ZSTD),
    MODIFY COLUMN value CODEC(ZSTD(3)),
    MODIFY COLUMN currency CODEC(ZSTD),
    MODIFY COLUMN ingested_at CODEC(T64, ZSTD),
    MODIFY COLUMN block_id CODEC(ZSTD(3))
