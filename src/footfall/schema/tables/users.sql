-- users: attributes of known shoppers; the row with the latest updated_at speaks for a user.
--
-- The sort key holds attributes that change, so the engine cannot replace rows by itself: the writer
-- removes superseded rows right after each insert, and `current_users` gives one row a user even
-- between the two. Names, addresses and other contact details are in footfall_private.contacts.
-- Serves:  look-up by country, premium and registration date (proj_by_registration, idx_user_country), and
--          by user_id (idx_user_id). The projection finds users and holds none of their other columns: one that
--          held all would be read in full in the place of a few granules that idx_user_id finds.
CREATE TABLE IF NOT EXISTS footfall.users {on_cluster}
(
    user_id            UInt64                 CODEC(T64, ZSTD),
    external_id        String                 CODEC(ZSTD),
    country            LowCardinality(String),
    is_premium         Bool                   CODEC(ZSTD),
    age                UInt8                  CODEC(T64, ZSTD),
    registration_date  Date                   CODEC(Delta, ZSTD),
    updated_at         DateTime64(3, 'UTC')   CODEC(Delta, ZSTD),
    properties         String                 CODEC(ZSTD(3)),
    block_id           UInt64                 CODEC(ZSTD),

    INDEX idx_user_country  country  TYPE set(256)           GRANULARITY 1,
    INDEX idx_user_id       user_id  TYPE bloom_filter(0.01) GRANULARITY 1,

    PROJECTION proj_by_registration
    (
        SELECT registration_date, user_id, country, is_premium
        ORDER BY registration_date, user_id
    )
)
ENGINE = {engine:MergeTree}
ORDER BY (country, is_premium, user_id)
SETTINGS non_replicated_deduplication_window = 10000
