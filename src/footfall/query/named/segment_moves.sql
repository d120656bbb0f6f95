-- title: Moves between segments
-- description: From which RFM segment of an earlier range to which of this one buyers moved, each range scored by itself.
--   An empty segment: did not buy in that range, or brought nothing that is left.
-- reads: orders, users
-- param: from DateTime64(3, 'UTC') = today-364d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: before_from DateTime64(3, 'UTC') = today-729d ; any ; start of the earlier range, inclusive
-- param: before_to DateTime64(3, 'UTC') = now-365d ; any ; end of the earlier range, exclusive
-- param: limit UInt32 = 49 ; 1..1000 ; rows at most
-- column: segment_before text ; the segment in the earlier range; empty: none
-- column: segment text ; the segment in the range; empty: none
-- column: users count ; buyers who made this move, or stayed
-- column: revenue money ; their net revenue in the range
SELECT
    segment_before,
    segment,
    count()                                                             AS users,
    sum(money)                                                          AS revenue
FROM
(
    SELECT
        user_id,
        anyIf(name, is_before)                                          AS segment_before,
        anyIf(name, NOT is_before)                                      AS segment,
        sumIf(monetary, NOT is_before)                                  AS money
    FROM
    (
        SELECT
            user_id, is_before, monetary,
            multiIf(r >= 4 AND f >= 4 AND m >= 4, 'Champions', f >= 4, 'Loyal', r >= 4 AND f <= 2, 'New',
                    r <= 2 AND f >= 3, 'At risk', r <= 2 AND f <= 2, 'Lost', 'Middle') AS name
        FROM
        (
            SELECT
                user_id, is_before, monetary,
                ntile(5) OVER (PARTITION BY is_before ORDER BY recency, outside
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)    AS r,
                ntile(5) OVER (PARTITION BY is_before ORDER BY frequency, outside
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)    AS f,
                ntile(5) OVER (PARTITION BY is_before ORDER BY monetary, outside
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)    AS m
            FROM
            (
                SELECT
                    user_id, is_before, recency, frequency, monetary,
                    if(u.external_id = '', toString(user_id), u.external_id)     AS outside
                FROM
                (
                    SELECT
                        user_id,
                        arrayJoin(arrayFilter(
                            side -> if(side,
                                order_timestamp >= {before_from:DateTime64(3, 'UTC')}
                                    AND order_timestamp < {before_to:DateTime64(3, 'UTC')},
                                order_timestamp >= {from:DateTime64(3, 'UTC')}
                                    AND order_timestamp < {to:DateTime64(3, 'UTC')}),
                            [true, false]))                                      AS is_before,
                        maxIf(order_timestamp, status = 'completed')             AS recency,
                        uniqExactIf(order_id, status = 'completed')              AS frequency,
                        sum(total_amount)                                        AS monetary
                    FROM footfall.orders
                    WHERE user_id != 0 AND status IN ('completed', 'refunded', 'cancelled')
                        AND order_date >= least(toDate({from:DateTime64(3, 'UTC')}), toDate({before_from:DateTime64(3, 'UTC')}))
                        AND order_date <= greatest(toDate({to:DateTime64(3, 'UTC')}), toDate({before_to:DateTime64(3, 'UTC')}))
                        AND {part:ledger_filters}
                    GROUP BY user_id, is_before
                    HAVING frequency > 0
                ) AS buyers
                LEFT JOIN
                (
{part:shop_ids}
                ) AS u USING (user_id)
            )
        )
    )
    GROUP BY user_id
)
GROUP BY segment_before, segment
ORDER BY users DESC, segment_before, segment
LIMIT {limit:UInt32}
