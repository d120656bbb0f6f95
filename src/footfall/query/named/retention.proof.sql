SELECT
    periods[1]                                                               AS cohort,
    number                                                                   AS week,
    sumIf(shoppers, has(periods, later))                                     AS users,
    sum(shoppers)                                                            AS size,
    round(100 * users / size, 4)                                             AS retention_pct
FROM
(
    SELECT periods, count() AS shoppers
    FROM
    (
        SELECT arraySort(groupUniqArray(toDate(dateTrunc({grain:String}, event_timestamp, {tz:String})))) AS periods
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
        GROUP BY if(i.user_id != 0, i.user_id, events.user_id)
    )
    GROUP BY periods
) AS alike
CROSS JOIN (SELECT number FROM numbers({weeks:UInt32} + 1)) AS w
WHERE (multiIf({grain:String} = 'day', cohort + toIntervalDay(number),
    {grain:String} = 'week', cohort + toIntervalWeek(number),
    cohort + toIntervalMonth(number)) AS later) < toDate({to:DateTime64(3, 'UTC')}, {tz:String})
GROUP BY cohort, week
ORDER BY cohort, week
