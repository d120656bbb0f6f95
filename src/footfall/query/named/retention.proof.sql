SELECT
    toDate(first_monday)                                                     AS cohort,
    number                                                                   AS week,
    uniqExactIf(shopper, monday = first_monday + toIntervalWeek(number))     AS users,
    uniqExact(shopper)                                                       AS size,
    round(100 * users / size, 4)                                             AS retention_pct
FROM
(
    SELECT
        if(i.user_id != 0, i.user_id, e.user_id)              AS shopper,
        toMonday(e.event_timestamp, 'UTC')                    AS monday,
        min(monday) OVER (PARTITION BY shopper)               AS first_monday
    FROM footfall.events AS e
    LEFT ANY JOIN
    (
        SELECT anonymous_id, user_id
        FROM footfall.identities
        ORDER BY linked_at DESC, block_id DESC
        LIMIT 1 BY anonymous_id
    ) AS i ON e.user_id = i.anonymous_id
    WHERE e.user_id != 0
        AND e.event_timestamp >= {from:DateTime64(3, 'UTC')} AND e.event_timestamp < {to:DateTime64(3, 'UTC')}
    GROUP BY shopper, monday
) AS seen
CROSS JOIN (SELECT number FROM numbers({weeks:UInt32} + 1)) AS w
WHERE first_monday + toIntervalWeek(number) < {to:DateTime64(3, 'UTC')}
GROUP BY cohort, first_monday, week, number
ORDER BY cohort, week
