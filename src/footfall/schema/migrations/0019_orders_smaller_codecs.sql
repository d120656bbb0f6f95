-- Codecs as measured by `footfall bench compression`; parts that are there take them when they merge.
ALTER TABLE footfall.orders {on_cluster}
    MODIFY COLUMN line_id CODEC(ZSTD(3)),
    MODIFY COLUMN user_id CODEC(Delta, ZSTD),
    MODIFY COLUMN order_timestamp CODEC(ZSTD),
    MODIFY COLUMN status CODEC(ZSTD),
    MODIFY COLUMN payment_method CODEC(ZSTD),
    MODIFY COLUMN unit_price CODEC(ZSTD(3)),
    MODIFY COLUMN discount CODEC(ZSTD(3)),
    MODIFY COLUMN total_amount CODEC(ZSTD(3)),
    MODIFY COLUMN currency CODEC(ZSTD),
    MODIFY COLUMN country CODEC(ZSTD),
    MODIFY COLUMN ingested_at CODEC(T64, ZSTD),
    MODIFY COLUMN block_id CODEC(ZSTD(3))
