-- description: Ids of the users of an RFM segment, as the 365 days before `to` have it, and of who they were before login.
    SELECT arrayJoin(arrayPushBack(ids, user_id))
    FROM
    (
        SELECT user_id
        FROM
        (
            SELECT
                user_id,
                ntile(5) OVER (ORDER BY bought, outside ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS r,
                ntile(5) OVER (ORDER BY often, outside ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)  AS f,
                ntile(5) OVER (ORDER BY money, outside ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)  AS m
            FROM
            (
                SELECT
                    user_id,
                    if(u.external_id = '', toString(user_id), u.external_id)    AS outside,
                    bought, often, money
                FROM
                (
                    SELECT
                        user_id,
                        maxIf(order_timestamp, status = 'completed')            AS bought,
                        uniqExactIf(order_id, status = 'completed')             AS often,
                        sum(total_amount)                                       AS money
                    FROM footfall.orders
                    WHERE user_id != 0 AND status IN ('completed', 'refunded', 'cancelled')
                        AND order_timestamp >= {to:DateTime64(3, 'UTC')} - toIntervalDay(365)
                        AND order_timestamp < {to:DateTime64(3, 'UTC')}
                    GROUP BY user_id
                    HAVING often > 0
                ) AS buyers
                LEFT JOIN
                (
{part:shop_ids}
                ) AS u USING (user_id)
            )
        )
        WHERE multiIf(r >= 4 AND f >= 4 AND m >= 4, 'Champions', f >= 4, 'Loyal', r >= 4 AND f <= 2, 'New',
            r <= 2 AND f >= 3, 'At risk', r <= 2 AND f <= 2, 'Lost', 'Middle') = {segment:String}
    ) AS chosen
    LEFT JOIN
    (
        SELECT user_id, groupArray(anonymous_id) AS ids
        FROM
        (
            SELECT anonymous_id, argMax(user_id, (linked_at, block_id)) AS user_id
            FROM footfall.identities
            GROUP BY anonymous_id
        )
        GROUP BY user_id
    ) AS linked USING (user_id)
