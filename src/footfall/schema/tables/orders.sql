-- orders: an append-only ledger of order lines; nothing is updated.
--
-- Statuses: pending (placed, not money yet), completed, cancelled, refunded, adjusted (stock and price
--           corrections: not money). A transition is two rows: the line with negative quantity and amount
--           in the old status, positive in the new. A refund, or the cancellation of a completed line, is
--           one negative row in refunded or cancelled.
-- Money:    gross = sum over completed; refunds = sum over refunded and cancelled (negative);
--           net = gross + refunds. `total_amount` is what the row adds.
-- Serves:   order history by user, product and status; the shop's AOV; proofs of mv_product_revenue.
-- Costs:    each projection is what order history shows, sorted anew: 25 bytes a line.
CREATE TABLE IF NOT EXISTS footfall.orders {on_cluster}
(
    entry_id          UUID,
    order_id          String                     CODEC(ZSTD),
    line_id           String                     CODEC(ZSTD(3)),
    user_id           UInt64                     CODEC(Delta, ZSTD),
    product_id        UInt64                     CODEC(ZSTD),
    order_timestamp   DateTime64(3, 'UTC')       CODEC(ZSTD),
    order_date        Date                       DEFAULT toDate(order_timestamp) CODEC(Delta, ZSTD),
    status            LowCardinality(String)     CODEC(ZSTD),
    payment_method    LowCardinality(String)     CODEC(ZSTD),
    quantity          Int32                      CODEC(T64, ZSTD),
    unit_price        Decimal(18, 4)             CODEC(ZSTD(3)),
    discount          Decimal(18, 4)             CODEC(ZSTD(3)),
    total_amount      Decimal(18, 4)             CODEC(ZSTD(3)),
    currency          LowCardinality(String)     CODEC(ZSTD),
    country           LowCardinality(String)     CODEC(ZSTD),
    unlinked          Bool                       DEFAULT false,
    properties        String                     CODEC(ZSTD(3)),
    ingested_at       DateTime64(3, 'UTC')       DEFAULT now64(3, 'UTC') CODEC(T64, ZSTD),
    block_id          UInt64                     CODEC(ZSTD(3)),

    CONSTRAINT order_date_is_the_day_of_order_timestamp CHECK order_date = toDate(order_timestamp),

    INDEX idx_status    status    TYPE set(16)            GRANULARITY 1,
    INDEX idx_order_id  order_id  TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_entry_id  entry_id  TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_block_id  block_id  TYPE minmax             GRANULARITY 1,

    PROJECTION proj_by_user
    (
        SELECT
            order_timestamp, order_date, order_id, line_id, user_id, product_id, status, payment_method,
            quantity, unit_price, discount, total_amount, currency, country, unlinked
        ORDER BY user_id, order_timestamp
    ),
    PROJECTION proj_by_product
    (
        SELECT
            order_timestamp, order_date, order_id, line_id, user_id, product_id, status, payment_method,
            quantity, unit_price, discount, total_amount, currency, country, unlinked
        ORDER BY product_id, order_timestamp
    ),
    PROJECTION proj_by_amount
    (
        SELECT
            order_timestamp, order_date, order_id, line_id, user_id, product_id, status, payment_method,
            quantity, unit_price, discount, total_amount, currency, country, unlinked
        ORDER BY total_amount
    )
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(order_date)
ORDER BY (status, order_date, user_id, order_timestamp)
TTL order_date + INTERVAL 365 DAY
SETTINGS non_replicated_deduplication_window = 10000
