SELECT
    first_period                                                             AS cohort,
    number                                                                   AS week,
    uniqExactIf(shopper, period = later)                                     AS users,
    uniqExact(shopper)                                                       AS size,
    round(100 * users / size, 4)                                             AS retention_pct
FROM
(
    SELECT
        if(i.user_id != 0, i.user_id, events.user_id)                        AS shopper,
        toDate(dateTrunc({grain:String}, event_timestamp, {tz:String}))      AS period,
        min(period) OVER (PARTITION BY shopper)                              AS first_period
    FROM footfall.events
    LEFT ANY JOIN
    (
        SELECT anonymous_id, user_id
        FROM footfall.identities
        ORDER BY linked_at DESC, block_id DESC
        LIMIT 1 BY anonymous_id
    ) AS i ON events.user_id = i.anonymous_id
    WHERE events.user_id != 0
        AND events.event_timestamp >= {from:DateTime64(3, 'UTC')}
        AND events.event_timestamp < {to:DateTime64(3, 'UTC')}
        AND {part:event_filters}
    GROUP BY shopper, period
) AS seen
CROSS JOIN (SELECT number FROM numbers({weeks:UInt32} + 1)) AS w
WHERE (multiIf({grain:String} = 'day', first_period + toIntervalDay(number),
    {grain:String} = 'week', first_period + toIntervalWeek(number),
    first_period + toIntervalMonth(number)) AS later) < toDate({to:DateTime64(3, 'UTC')}, {tz:String})
GROUP BY cohort, week
ORDER BY cohort, week
