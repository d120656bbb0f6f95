-- identities: anonymous id -> user, as learnt from events and users that name both.
--
-- The latest link of an anonymous id holds. Queries on raw rows resolve through it at read time, so
-- that the shopper who browsed anonymously and then bought is one user in funnels.
CREATE TABLE IF NOT EXISTS footfall.identities {on_cluster}
(
    anonymous_id  UInt64                 CODEC(ZSTD),
    user_id       UInt64                 CODEC(ZSTD),
    linked_at     DateTime64(3, 'UTC')   CODEC(Delta, ZSTD),
    block_id      UInt64                 CODEC(ZSTD)
)
ENGINE = {engine:ReplacingMergeTree(linked_at)}
ORDER BY anonymous_id
SETTINGS non_replicated_deduplication_window = 10000
