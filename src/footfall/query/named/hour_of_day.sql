-- title: Hours of the day
-- description: Events and users by hour of the day, over all days of a range.
-- reads: mv_hourly_events
-- grain: day
-- estimate: unique_users
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: event_type String = ; any ; events of this type alone; empty: all
-- column: hour count ; hour of the day, 0 to 23, of the zone
-- column: event_count count ; events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: revenue money ; money received by purchase events, less refund events
SELECT
    toHour(toDateTime(event_date, 'UTC') + toIntervalHour(event_hour), {tz:String}) AS hour,
    sum(event_count)           AS event_count,
    uniqMerge(unique_users)    AS unique_users,
    sum(total_revenue)         AS revenue
FROM footfall.mv_hourly_events
WHERE event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
    AND toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) >= {from:DateTime64(3, 'UTC')}
    AND toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) < {to:DateTime64(3, 'UTC')}
    AND ({event_type:String} = '' OR event_type = {event_type:String})
GROUP BY hour
ORDER BY hour WITH FILL FROM 0 TO 24
