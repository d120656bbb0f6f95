SELECT
    visitors,
    sessions,
    page_views,
    events,
    orders,
    gross,
    refunds,
    net,
    if(orders = 0, NULL, round(toFloat64(gross) / orders, 4))         AS aov,
    if(visitors = 0, NULL, round(100 * purchasers / visitors, 4))     AS conversion
FROM
(
    SELECT countIf(event_type = 'page_view') AS page_views, count() AS events
    FROM footfall.events
    WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
        AND {part:context_filters}
) AS e,
(
    -- Groups, unlike a set of distinct values, may go to the disk.
    SELECT count() AS visitors, countIf(bought) AS purchasers
    FROM
    (
        SELECT max(event_type = 'purchase') AS bought
        FROM footfall.events
        WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
            AND user_id != 0 AND {part:context_filters}
        GROUP BY user_id
    )
) AS u,
(
    SELECT count() AS sessions
    FROM
    (
        SELECT session_id
        FROM footfall.events
        WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
            AND session_id != '' AND {part:context_filters}
        GROUP BY session_id
    )
) AS s,
(
    SELECT
        uniqExactIf(order_id, status = 'completed')                      AS orders,
        sumIf(total_amount, status = 'completed')                        AS gross,
        sumIf(total_amount, status IN ('refunded', 'cancelled'))         AS refunds,
        sumIf(total_amount, status NOT IN ('pending', 'adjusted'))       AS net
    FROM footfall.orders
    WHERE order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
        AND {part:order_filters}
) AS o
LIMIT {limit:UInt32}
