-- title: Totals of steps
-- description: How often each step of a purchase was done, and purchases of a hundred page views. Answered from
--   proj_by_date of the rollup.
-- reads: mv_user_funnel
-- grain: day
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- column: events count ; all events
-- column: page_views count ; page_view events
-- column: product_views count ; product_view events
-- column: add_to_cart count ; add_to_cart events
-- column: checkouts count ; checkout events
-- column: purchases count ; purchase events
-- column: revenue money ; money received by purchase events, less refund events
-- column: conversion_rate percent ; purchases / page_views; null where there are none
SELECT
    countMerge(total_events)                                                AS events,
    sumMerge(mv_user_funnel.page_views)                                     AS page_views,
    sumMerge(mv_user_funnel.product_views)                                  AS product_views,
    sumMerge(mv_user_funnel.add_to_cart)                                    AS add_to_cart,
    sumMerge(mv_user_funnel.checkouts)                                      AS checkouts,
    sumMerge(mv_user_funnel.purchases)                                      AS purchases,
    sumMerge(mv_user_funnel.revenue)                                        AS revenue,
    if(page_views = 0, NULL, round(100 * purchases / page_views, 4))        AS conversion_rate
FROM footfall.mv_user_funnel
WHERE event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
