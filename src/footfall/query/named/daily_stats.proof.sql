SELECT
    day,
    sum(came)                                                                   AS visitors,
    sum(sat)                                                                    AS sessions,
    sum(placed)                                                                 AS orders,
    sum(money)                                                                  AS net,
    if(orders = 0, NULL, round(toFloat64(sum(paid)) / orders, 4))               AS aov,
    if(visitors = 0, NULL, round(100 * sum(bought) / visitors, 4))              AS conversion
FROM
(
    -- Groups, unlike sets of distinct values, may go to the disk.
    SELECT
        day,
        count()               AS came,
        0                     AS sat,
        countIf(buys)         AS bought,
        0                     AS placed,
        toDecimal128(0, 4)    AS money,
        toDecimal128(0, 4)    AS paid
    FROM
    (
        SELECT toDate(event_timestamp, {tz:String}) AS day, max(event_type = 'purchase') AS buys
        FROM footfall.events
        WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
            AND user_id != 0 AND {part:context_filters}
        GROUP BY day, user_id
    )
    GROUP BY day
    UNION ALL
    SELECT day, 0, count(), 0, 0, toDecimal128(0, 4), toDecimal128(0, 4)
    FROM
    (
        SELECT toDate(event_timestamp, {tz:String}) AS day, session_id
        FROM footfall.events
        WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
            AND session_id != '' AND {part:context_filters}
        GROUP BY day, session_id
    )
    GROUP BY day
    UNION ALL
    SELECT
        toDate(order_timestamp, {tz:String}) AS day, 0, 0, 0,
        uniqExactIf(order_id, status = 'completed'),
        sumIf(total_amount, status NOT IN ('pending', 'adjusted')),
        sumIf(total_amount, status = 'completed')
    FROM footfall.orders
    WHERE order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
        AND {part:order_filters}
    GROUP BY day
)
GROUP BY day
ORDER BY day WITH FILL
    FROM toDate({from:DateTime64(3, 'UTC')}, {tz:String})
    TO greatest(
        toDate({from:DateTime64(3, 'UTC')}, {tz:String}),
        least(toDate({to:DateTime64(3, 'UTC')}, {tz:String}), toDate(now('UTC'), {tz:String}) + 1))
    STEP toIntervalDay(1)
