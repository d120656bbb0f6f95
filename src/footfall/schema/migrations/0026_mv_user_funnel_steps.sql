-- A bit a step. Rows that are there have it from their states, when they are read and once they are merged.
ALTER TABLE footfall.mv_user_funnel {on_cluster}
    ADD COLUMN IF NOT EXISTS steps SimpleAggregateFunction(groupBitOr, UInt8) DEFAULT toUInt8(
        (finalizeAggregation(page_views) > 0) + 2 * (finalizeAggregation(product_views) > 0)
        + 4 * (finalizeAggregation(add_to_cart) > 0) + 8 * (finalizeAggregation(checkouts) > 0)
        + 16 * (finalizeAggregation(purchases) > 0)) AFTER revenue
