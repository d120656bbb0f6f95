-- title: Active users
-- description: Of each day: users of the day (DAU), of the seven days up to it (WAU) and of the thirty (MAU), and how
--   sticky they are. Days that are not over count as far as they have come.
-- reads: mv_daily_events
-- grain: day
-- range: 400 days
-- back: 29 days
-- estimate: dau, wau, mau, stickiness
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: event_type String = ; any ; users with events of this type alone; empty: all
-- column: day day ; the day, of the zone
-- column: dau count ; distinct users and anonymous shoppers of the day
-- column: wau count ; the same of the seven days that end with it
-- column: mau count ; the same of the thirty days that end with it
-- column: stickiness percent ; dau / mau; null where there are none
SELECT
    event_date + back                                                AS day,
    uniqCombined64MergeIf(unique_users, back = 0)                    AS dau,
    uniqCombined64MergeIf(unique_users, back < 7)                    AS wau,
    uniqCombined64Merge(unique_users)                                AS mau,
    if(mau = 0, NULL, round(100 * dau / mau, 4))                     AS stickiness
FROM footfall.mv_daily_events
ARRAY JOIN range(30) AS back
WHERE event_type = {event_type:String}
    AND event_date >= toDate({from:DateTime64(3, 'UTC')}) - 29 AND event_date < toDate({to:DateTime64(3, 'UTC')})
    AND event_date + back >= toDate({from:DateTime64(3, 'UTC')})
    AND event_date + back < toDate({to:DateTime64(3, 'UTC')})
GROUP BY day
ORDER BY day WITH FILL
    FROM toDate({from:DateTime64(3, 'UTC')})
    TO greatest(
        toDate({from:DateTime64(3, 'UTC')}),
        least(toDate({to:DateTime64(3, 'UTC')}), toDate(now('UTC')) + 1))
    STEP toIntervalDay(1)
