-- title: Daily activity
-- description: Events, users and revenue of each day of a range; days without events are there
--   with zeros, up to now.
-- reads: mv_daily_events, mv_hourly_events
-- range: 4000 days
-- grain: day
-- estimate: unique_users
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: event_type String = ; any ; events of this type alone; empty: all
-- column: day day ; the day, of the zone
-- column: event_count count ; events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: revenue money ; money received by purchase events, less refund events
SELECT day, event_count, unique_users, revenue
FROM
(
    SELECT
        event_date                             AS day,
        sum(event_count)                       AS event_count,
        uniqCombined64Merge(unique_users)      AS unique_users,
        sum(mv_daily_events.revenue)           AS revenue
    FROM footfall.mv_daily_events
    WHERE {tz:String} = 'UTC' AND event_type = {event_type:String}
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
    GROUP BY day
    UNION ALL
    SELECT
        toDate(toDateTime(event_date, 'UTC') + toIntervalHour(event_hour), {tz:String}) AS day,
        sum(event_count), uniqMerge(unique_users), sum(total_revenue)
    FROM footfall.mv_hourly_events
    WHERE {tz:String} != 'UTC' AND ({event_type:String} = '' OR event_type = {event_type:String})
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
        AND toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) >= {from:DateTime64(3, 'UTC')}
        AND toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) < {to:DateTime64(3, 'UTC')}
    GROUP BY day
)
ORDER BY day WITH FILL
    FROM toDate({from:DateTime64(3, 'UTC')}, {tz:String})
    TO greatest(
        toDate({from:DateTime64(3, 'UTC')}, {tz:String}),
        least(toDate({to:DateTime64(3, 'UTC')}, {tz:String}), toDate(now('UTC'), {tz:String}) + 1))
    STEP toIntervalDay(1)
