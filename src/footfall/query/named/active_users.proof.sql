SELECT
    present + later                                             AS day,
    uniqExactIf(user_id, later = 0)                             AS dau,
    uniqExactIf(user_id, later <= 6)                            AS wau,
    uniqExact(user_id)                                          AS mau,
    if(mau = 0, NULL, round(100 * dau / mau, 4))                AS stickiness
FROM
(
    SELECT DISTINCT toDate(event_timestamp, {tz:String}) AS present, user_id
    FROM footfall.events
    WHERE user_id != 0
        AND event_timestamp >= {from:DateTime64(3, 'UTC')} - toIntervalDay(31)
        AND event_timestamp < {to:DateTime64(3, 'UTC')}
        AND {part:event_filters}
)
ARRAY JOIN range(30) AS later
WHERE present + later >= toDate({from:DateTime64(3, 'UTC')}, {tz:String})
    AND present + later < toDate({to:DateTime64(3, 'UTC')}, {tz:String})
GROUP BY day
ORDER BY day WITH FILL
    FROM toDate({from:DateTime64(3, 'UTC')}, {tz:String})
    TO greatest(
        toDate({from:DateTime64(3, 'UTC')}, {tz:String}),
        least(toDate({to:DateTime64(3, 'UTC')}, {tz:String}), toDate(now('UTC'), {tz:String}) + 1))
    STEP toIntervalDay(1)
