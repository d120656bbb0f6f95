-- mv_product_revenue: the ledger of orders by product, day and status; top products without a JOIN.
--
-- Columns: total_revenue and total_quantity add up; order_count is a state of distinct orders
--          (uniqMerge(order_count)), because one order has many lines and it does not add over products.
-- avg_order_value is revenue per distinct order of one stored row; over several rows it is
--          sum(total_revenue) / uniqMerge(order_count). Averages never add.
CREATE TABLE IF NOT EXISTS footfall.mv_product_revenue {on_cluster}
(
    product_id       UInt64,
    order_date       Date,
    status           LowCardinality(String),
    order_count      AggregateFunction(uniq, String),
    total_revenue    Decimal(38, 4),
    total_quantity   Int64,
    avg_order_value  Float64 ALIAS toFloat64(total_revenue) / greatest(finalizeAggregation(order_count), 1)
)
ENGINE = {engine:SummingMergeTree}
PARTITION BY toYYYYMM(order_date)
ORDER BY (product_id, order_date, status)
SETTINGS non_replicated_deduplication_window = 10000
