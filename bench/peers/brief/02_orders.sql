CREATE TABLE peers_brief.orders
(
    order_id String,
    line_id String,
    user_id UInt64,
    product_id UInt64,
    order_timestamp DateTime64(3, 'UTC'),
    order_date Date,
    status LowCardinality(String),
    payment_method LowCardinality(String),
    quantity Int32,
    unit_price Decimal(18, 4),
    discount Decimal(18, 4),
    total_amount Decimal(18, 4),
    country LowCardinality(String),

    INDEX idx_status status TYPE set(100) GRANULARITY 1,
    INDEX idx_payment_method payment_method TYPE set(100) GRANULARITY 1,

    PROJECTION proj_by_user (SELECT * ORDER BY user_id, order_timestamp),
    PROJECTION proj_by_product (SELECT * ORDER BY product_id, order_timestamp),
    PROJECTION proj_by_amount (SELECT * ORDER BY total_amount)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(order_date)
ORDER BY (status, order_date, user_id, order_timestamp)
TTL order_date + INTERVAL 1 YEAR
