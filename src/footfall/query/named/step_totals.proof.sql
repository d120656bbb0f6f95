SELECT
    count()                                                                 AS events,
    countIf(event_type = 'page_view')                                       AS page_views,
    countIf(event_type = 'product_view')                                    AS product_views,
    countIf(event_type = 'add_to_cart')                                     AS add_to_cart,
    countIf(event_type = 'checkout')                                        AS checkouts,
    countIf(event_type = 'purchase')                                        AS purchases,
    sum(events.revenue)                                                     AS revenue,
    if(page_views = 0, NULL, round(100 * purchases / page_views, 4))        AS conversion_rate
FROM footfall.events
WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:context_filters}
