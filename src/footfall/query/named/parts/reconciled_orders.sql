-- description: Each order of a range with the money that its purchase event and its completed lines say, and whether
--   they agree. Both sides are looked at a day beyond the range, for orders at its edges; what is older than
--   the oldest event cannot be compared and is left out.
-- param: from DateTime64(3, 'UTC') = today-6d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
    SELECT
        order_id,
        sum(event_money)                                                    AS event_revenue,
        sum(line_money)                                                     AS gross,
        multiIf(sum(purchases) = 0, 'no purchase event',
                sum(lines) = 0, 'no order',
                sum(completed) = 0, 'order not completed',
                event_revenue != gross, 'amounts differ',
                'agree')                                                    AS state,
        min(at)                                                             AS first_at
    FROM
    (
        SELECT
            order_id, event_timestamp AS at, 1 AS purchases, 0 AS lines, 0 AS completed,
            events.revenue AS event_money, toDecimal64(0, 4) AS line_money
        FROM footfall.events
        WHERE event_type = 'purchase' AND order_id != ''
            AND event_date >= toDate({from:DateTime64(3, 'UTC')}) - 1
            AND event_date <= toDate({to:DateTime64(3, 'UTC')}) + 1
        UNION ALL
        SELECT
            order_id, order_timestamp, 0, 1, status = 'completed',
            toDecimal64(0, 4), if(status = 'completed', total_amount, toDecimal64(0, 4))
        FROM footfall.orders
        WHERE status IN ('pending', 'completed') AND order_id != ''
            AND order_date >= toDate({from:DateTime64(3, 'UTC')}) - 1
            AND order_date <= toDate({to:DateTime64(3, 'UTC')}) + 1
    )
    GROUP BY order_id
    HAVING first_at >= {from:DateTime64(3, 'UTC')} AND first_at < {to:DateTime64(3, 'UTC')}
        AND (sum(purchases) > 0 OR sum(completed) > 0)
        AND toDate(first_at) >= (SELECT min(event_date) FROM footfall.events)
