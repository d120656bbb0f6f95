SELECT
    toDate(first_monday)                                                     AS cohort,
    number                                                                   AS week,
    uniqExactIf(user_id, monday = first_monday + toIntervalWeek(number))     AS users,
    uniqExact(user_id)                                                       AS size,
    round(100 * users / size, 4)                                             AS retention_pct
FROM
(
    SELECT
        user_id,
        toMonday(event_timestamp, 'UTC')                      AS monday,
        min(monday) OVER (PARTITION BY user_id)               AS first_monday
    FROM footfall.events
    WHERE user_id != 0
        AND event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    GROUP BY user_id, monday
) AS seen
CROSS JOIN (SELECT number FROM numbers({weeks:UInt32} + 1)) AS w
WHERE first_monday + toIntervalWeek(number) < {to:DateTime64(3, 'UTC')}
GROUP BY cohort, first_monday, week, number
ORDER BY cohort, week
