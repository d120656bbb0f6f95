-- mv_user_funnel: what each user did on each day; answers the conversion funnel by presence of steps.
--
-- Every column is a state: countMerge(total_events), sumMerge(page_views), sumMerge(revenue) …
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
