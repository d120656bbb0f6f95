-- rollup_fills: rollups that were added to a store with raw rows, and whether they have been filled from them.
CREATE TABLE IF NOT EXISTS footfall_private.rollup_fills {on_cluster}
(
    rollup   String,
    filled   Bool,
    at       DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = {engine:ReplacingMergeTree(at)}
ORDER BY rollup
