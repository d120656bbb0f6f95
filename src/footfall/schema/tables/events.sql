-- events: one row an immutable action of a shopper; the fact table every rollup is fed from.
--
-- Serves:  the live stream and user timelines (proj_by_user, proj_by_timestamp), filters that no
--          rollup holds, and the proof of every figure that a rollup answers. docs/schema.md names the query
--          that each index and projection stands for.
-- Money:   `revenue` is money received and stands on purchase (and, negative, on refund) events only;
--          what an item or a cart is worth elsewhere is `value`, so a cart is never counted as a sale.
-- Nobody:  user_id 0 means that nobody is known: kept in totals, left out of every distinct count.
-- Costs:   a projection that re-sorts holds the columns of the queries it serves and no others: less than
--          a row number would cost, and the planner takes it at any size (docs/schema.md has figures).
CREATE TABLE IF NOT EXISTS footfall.events {on_cluster}
(
    event_id          UUID,
    event_type        LowCardinality(String)     CODEC(ZSTD),
    event_timestamp   DateTime64(3, 'UTC')       CODEC(T64, ZSTD),
    event_date        Date                       DEFAULT toDate(event_timestamp) CODEC(Delta, ZSTD),
    user_id           UInt64                     CODEC(Delta, ZSTD),
    session_id        String                     CODEC(ZSTD),
    product_id        UInt64                     CODEC(ZSTD),
    order_id          String                     CODEC(ZSTD),
    page_url          String                     CODEC(ZSTD(3)),
    referrer          String                     CODEC(ZSTD),
    utm_source        LowCardinality(String)     CODEC(ZSTD),
    utm_medium        LowCardinality(String)     CODEC(ZSTD),
    utm_campaign      LowCardinality(String)     CODEC(ZSTD),
    search_term       String                     CODEC(ZSTD),
    device_type       LowCardinality(String)     CODEC(ZSTD),
    browser           LowCardinality(String)     CODEC(ZSTD),
    country           LowCardinality(String)     CODEC(ZSTD),
    revenue           Decimal(18, 4)             CODEC(ZSTD),
    value             Decimal(18, 4)             CODEC(ZSTD(3)),
    currency          LowCardinality(String)     CODEC(ZSTD),
    quantity          UInt32                     CODEC(T64, ZSTD),
    duration_seconds  UInt32                     CODEC(T64, ZSTD),
    properties        String                     CODEC(ZSTD(3)),
    ingested_at       DateTime64(3, 'UTC')       DEFAULT now64(3, 'UTC') CODEC(T64, ZSTD),
    block_id          UInt64                     CODEC(ZSTD(3)),

    CONSTRAINT event_date_is_the_day_of_event_timestamp CHECK event_date = toDate(event_timestamp),

    INDEX idx_event_type        event_type        TYPE set(64)            GRANULARITY 1,
    INDEX idx_device_type       device_type       TYPE set(16)            GRANULARITY 1,
    INDEX idx_country           country           TYPE set(256)           GRANULARITY 1,
    INDEX idx_session_id        session_id        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_page_url          page_url          TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_event_id          event_id          TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_order_id          order_id          TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_product_id        product_id        TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_search_term       search_term       TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_utm_campaign      utm_campaign      TYPE set(256)           GRANULARITY 1,
    INDEX idx_revenue           revenue           TYPE minmax             GRANULARITY 1,
    INDEX idx_duration_seconds  duration_seconds  TYPE minmax             GRANULARITY 1,
    INDEX idx_ingested_at       ingested_at       TYPE minmax             GRANULARITY 1,
    INDEX idx_block_id          block_id          TYPE minmax             GRANULARITY 1,

    PROJECTION proj_by_country
    (
        SELECT country, event_date, event_type, revenue
        ORDER BY country, event_date, event_type
    ),
    PROJECTION proj_by_user
    (
        SELECT user_id, event_timestamp, event_date, event_type, revenue
        ORDER BY user_id, event_timestamp
    ),
    PROJECTION proj_by_timestamp
    (
        SELECT event_timestamp, event_type, event_date, user_id, country, revenue
        ORDER BY event_timestamp, event_type
    ),
    PROJECTION proj_by_product
    (
        SELECT
            product_id,
            event_date,
            toStartOfHour(event_timestamp),
            event_type,
            count(),
            uniqExactIf(user_id, user_id != 0 AND product_id != 0),
            sum(revenue),
            max(event_timestamp)
        GROUP BY product_id, event_date, toStartOfHour(event_timestamp), event_type
    ),
    PROJECTION proj_by_session
    (
        SELECT xxHash32(session_id), event_type, event_date
        GROUP BY xxHash32(session_id), event_type, event_date
    ),
    PROJECTION proj_daily_stats
    (
        SELECT event_date, event_type, count(), sum(revenue)
        GROUP BY event_date, event_type
    ),
    PROJECTION proj_daily_devices
    (
        SELECT
            event_date,
            device_type,
            browser,
            count(),
            uniqIf(user_id, user_id != 0),
            countIf(event_type = 'purchase'),
            sum(revenue)
        GROUP BY event_date, device_type, browser
    ),
    PROJECTION proj_daily_sources
    (
        SELECT
            event_date,
            utm_source,
            utm_medium,
            utm_campaign,
            count(),
            uniqIf(user_id, user_id != 0),
            countIf(event_type = 'purchase'),
            sum(revenue)
        GROUP BY event_date, utm_source, utm_medium, utm_campaign
    )
)
ENGINE = {engine:MergeTree}
PARTITION BY toYYYYMM(event_date)
ORDER BY (event_type, event_date, user_id, event_timestamp)
TTL event_date + INTERVAL 90 DAY
SETTINGS non_replicated_deduplication_window = 10000
