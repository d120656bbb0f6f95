-- A user's active day counts for the thirty days from it on, or up to the next one: so nobody counts twice, and
-- no set of users is held.
SELECT
    active + later                                              AS day,
    sumIf(users, later = 0)                                     AS dau,
    sumIf(users, later <= 6)                                    AS wau,
    sum(users)                                                  AS mau,
    if(mau = 0, NULL, round(100 * dau / mau, 4))                AS stickiness
FROM
(
    SELECT active, counts_for, count() AS users
    FROM
    (
        SELECT
            arraySort(groupUniqArray(toDate(event_timestamp, {tz:String})))    AS days,
            arrayMap(
                (one, following) -> least(following - one, 30),
                days,
                arrayPushBack(arrayPopFront(days), toDate('2149-06-06')))      AS until_next
        FROM footfall.events
        WHERE user_id != 0
            AND event_timestamp >= {from:DateTime64(3, 'UTC')} - toIntervalDay(31)
            AND event_timestamp < {to:DateTime64(3, 'UTC')}
            AND {part:event_filters}
        GROUP BY user_id
    )
    ARRAY JOIN days AS active, until_next AS counts_for
    GROUP BY active, counts_for
)
ARRAY JOIN range(toUInt32(counts_for)) AS later
WHERE active + later >= toDate({from:DateTime64(3, 'UTC')}, {tz:String})
    AND active + later < toDate({to:DateTime64(3, 'UTC')}, {tz:String})
GROUP BY day
ORDER BY day WITH FILL
    FROM toDate({from:DateTime64(3, 'UTC')}, {tz:String})
    TO greatest(
        toDate({from:DateTime64(3, 'UTC')}, {tz:String}),
        least(toDate({to:DateTime64(3, 'UTC')}, {tz:String}), toDate(now('UTC'), {tz:String}) + 1))
    STEP toIntervalDay(1)
