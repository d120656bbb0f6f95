-- mv_user_funnel: what each user did on each day; answers the conversion funnel by presence of steps.
--
-- Columns: states: countMerge(total_events), sumMerge(page_views), sumMerge(revenue) … And `steps`, a bit a step that
--          was done (1 page_view, 2 product_view, 4 add_to_cart, 8 checkout, 16 purchase; groupBitOr(steps)), made
--          from the states where a row comes in: a byte is read where five states would be.
-- Nobody:  user_id 0 is the row of events without a user: in totals, never in a list of users.
-- proj_by_date makes totals over a range as cheap as if the table were sorted by date.
CREATE TABLE IF NOT EXISTS footfall.mv_user_funnel {on_cluster}
(
    user_id        UInt64,
    event_date     Date,
    total_events   AggregateFunction(count),
    page_views     AggregateFunction(sum, UInt8),
    product_views  AggregateFunction(sum, UInt8),
    add_to_cart    AggregateFunction(sum, UInt8),
    checkouts      AggregateFunction(sum, UInt8),
    purchases      AggregateFunction(sum, UInt8),
    revenue        AggregateFunction(sum, Decimal(18, 4)),
    steps          SimpleAggregateFunction(groupBitOr, UInt8) DEFAULT toUInt8(
        (finalizeAggregation(page_views) > 0) + 2 * (finalizeAggregation(product_views) > 0)
        + 4 * (finalizeAggregation(add_to_cart) > 0) + 8 * (finalizeAggregation(checkouts) > 0)
        + 16 * (finalizeAggregation(purchases) > 0)),

    PROJECTION proj_by_date
    (
        SELECT
            event_date,
            countMerge(total_events),
            sumMerge(page_views),
            sumMerge(product_views),
            sumMerge(add_to_cart),
            sumMerge(checkouts),
            sumMerge(purchases),
            sumMerge(revenue)
        GROUP BY event_date
    )
)
ENGINE = {engine:AggregatingMergeTree}
PARTITION BY toYYYYMM(event_date)
ORDER BY (user_id, event_date)
SETTINGS non_replicated_deduplication_window = 10000, deduplicate_merge_projection_mode = 'rebuild'
