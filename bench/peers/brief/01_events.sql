CREATE TABLE peers_brief.events
(
    event_id UUID,
    event_type LowCardinality(String),
    event_timestamp DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    event_date Date CODEC(Delta, ZSTD),
    user_id UInt64 CODEC(T64, ZSTD),
    session_id String,
    product_id UInt64 CODEC(T64, ZSTD),
    order_id String,
    page_url String,
    referrer String,
    utm_source LowCardinality(String),
    utm_medium LowCardinality(String),
    utm_campaign LowCardinality(String),
    search_term String,
    device_type LowCardinality(String),
    browser LowCardinality(String),
    country LowCardinality(String),
    revenue Decimal(18, 4),
    value Decimal(18, 4),
    quantity UInt32 CODEC(T64, ZSTD),
    duration_seconds UInt32 CODEC(T64, ZSTD),
    properties String,

    INDEX idx_session_id session_id TYPE bloom_filter GRANULARITY 1,
    INDEX idx_page_url page_url TYPE bloom_filter GRANULARITY 1,
    INDEX idx_revenue revenue TYPE minmax GRANULARITY 1,
    INDEX idx_duration duration_seconds TYPE minmax GRANULARITY 1,
    INDEX idx_event_type event_type TYPE set(100) GRANULARITY 1,
    INDEX idx_device_type device_type TYPE set(100) GRANULARITY 1,
    INDEX idx_country country TYPE set(300) GRANULARITY 1,
    INDEX idx_browser browser TYPE set(100) GRANULARITY 1,
    INDEX idx_user_id user_id TYPE bloom_filter GRANULARITY 1,
    INDEX idx_product_id product_id TYPE bloom_filter GRANULARITY 1,
    INDEX idx_timestamp event_timestamp TYPE minmax GRANULARITY 1,
    INDEX idx_date event_date TYPE minmax GRANULARITY 1,
    INDEX idx_referrer referrer TYPE bloom_filter GRANULARITY 1,
    INDEX idx_quantity quantity TYPE minmax GRANULARITY 1,

    PROJECTION proj_by_country (SELECT * ORDER BY country, event_date, event_type),
    PROJECTION proj_by_user (SELECT * ORDER BY user_id, event_timestamp),
    PROJECTION proj_by_timestamp (SELECT * ORDER BY event_timestamp, event_type),
    PROJECTION proj_by_product (SELECT * ORDER BY product_id, event_timestamp),
    PROJECTION proj_by_session (SELECT * ORDER BY session_id, event_timestamp),
    PROJECTION proj_daily_stats
    (
        SELECT event_date, event_type, count(), uniq(user_id), sum(revenue) GROUP BY event_date, event_type
    ),
    PROJECTION proj_daily_devices
    (
        SELECT event_date, device_type, count(), uniq(user_id) GROUP BY event_date, device_type
    ),
    PROJECTION proj_daily_browsers
    (
        SELECT event_date, browser, count(), uniq(user_id) GROUP BY event_date, browser
    )
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(event_date)
ORDER BY (event_type, event_date, user_id, event_timestamp)
TTL event_date + INTERVAL 90 DAY
