-- products: the catalogue; the row with the latest updated_at speaks for a product.
--
-- As with users, the writer removes superseded rows after each insert and `current_products` gives
-- one row a product even between the two.
-- Serves:  names, categories and prices beside the figures of mv_product_revenue.
CREATE TABLE IF NOT EXISTS footfall.products {on_cluster}
(
    product_id   UInt64                 CODEC(T64, ZSTD),
    external_id  String                 CODEC(ZSTD),
    name         String                 CODEC(ZSTD),
    category     LowCardinality(String),
    brand        LowCardinality(String),
    price        Decimal(18, 4)         CODEC(ZSTD),
    currency     LowCardinality(String),
    updated_at   DateTime64(3, 'UTC')   CODEC(Delta, ZSTD),
    properties   String                 CODEC(ZSTD(3)),
    block_id     UInt64                 CODEC(ZSTD)
)
ENGINE = {engine:MergeTree}
ORDER BY (category, product_id)
SETTINGS non_replicated_deduplication_window = 10000
