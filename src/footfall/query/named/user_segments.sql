-- title: User segments
-- description: Buyers by recency, frequency and money (RFM): each scored 1 to 5 among all buyers of the range.
--   Champions R>=4 F>=4 M>=4; else Loyal F>=4; New R>=4 F<=2; At risk R<=2 F>=3; Lost R<=2 F<=2; else Middle.
-- reads: orders, users
-- param: from DateTime64(3, 'UTC') = today-364d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: limit UInt32 = 6 ; 1..1000 ; segments at most, from Champions down
-- column: segment text ; name of the segment
-- column: users count ; buyers in it
-- column: revenue money ; their net revenue
-- column: orders count ; their orders
SELECT name AS segment, countIf(user_id != 0) AS users, sum(monetary) AS revenue, sum(frequency) AS orders
FROM
(
    SELECT
        arrayJoin(['Champions', 'Loyal', 'New', 'At risk', 'Lost', 'Middle'])                            AS name,
        indexOf(['Champions', 'Loyal', 'New', 'At risk', 'Lost', 'Middle'], name)                        AS place
) AS segments
LEFT JOIN
(
    SELECT
        user_id, frequency, monetary,
        multiIf(r >= 4 AND f >= 4 AND m >= 4, 'Champions', f >= 4, 'Loyal', r >= 4 AND f <= 2, 'New',
                r <= 2 AND f >= 3, 'At risk', r <= 2 AND f <= 2, 'Lost', 'Middle')                       AS name
    FROM
    (
        SELECT
            user_id, frequency, monetary,
            ntile(5) OVER (ORDER BY recency, outside ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)   AS r,
            ntile(5) OVER (ORDER BY frequency, outside ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS f,
            ntile(5) OVER (ORDER BY monetary, outside ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)  AS m
        FROM
        (
            SELECT
                user_id,
                if(u.external_id = '', toString(user_id), u.external_id)                                 AS outside,
                recency, frequency, monetary
            FROM
            (
                SELECT
                    user_id,
                    maxIf(order_timestamp, status = 'completed')                                         AS recency,
                    uniqExactIf(order_id, status = 'completed')                                          AS frequency,
                    sum(total_amount)                                                                    AS monetary
                FROM footfall.orders
                WHERE user_id != 0 AND status IN ('completed', 'refunded', 'cancelled')
                    AND order_date >= toDate({from:DateTime64(3, 'UTC')})
                    AND order_date <= toDate({to:DateTime64(3, 'UTC')})
                    AND order_timestamp >= {from:DateTime64(3, 'UTC')}
                    AND order_timestamp < {to:DateTime64(3, 'UTC')}
                    AND {part:ledger_filters}
                GROUP BY user_id
                HAVING frequency > 0
            ) AS buyers
            LEFT JOIN
            (
{part:shop_ids}
            ) AS u USING (user_id)
        )
    )
) AS scored USING (name)
GROUP BY name, place
ORDER BY place
LIMIT {limit:UInt32}
