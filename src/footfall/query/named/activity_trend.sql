-- title: Activity trend
-- description: Events, users and revenue by week or month, or by day.
-- reads: mv_daily_events, mv_hourly_events
-- grain: day
-- estimate: unique_users
-- param: from DateTime64(3, 'UTC') = today-364d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: grain String = month ; day|week|month ; length of a period; weeks begin on Monday
-- param: event_type String = ; any ; events of this type alone; empty: all
-- column: period day ; first day of the period
-- column: event_count count ; events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: revenue money ; money received by purchase events, less refund events
SELECT period, event_count, unique_users, revenue
FROM
(
    SELECT
        toDate(dateTrunc({grain:String}, event_date)) AS period,
        sum(event_count)                       AS event_count,
        uniqCombined64Merge(unique_users)      AS unique_users,
        sum(mv_daily_events.revenue)           AS revenue
    FROM footfall.mv_daily_events
    WHERE {tz:String} = 'UTC' AND event_type = {event_type:String}
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
    GROUP BY period
    UNION ALL
    SELECT
        toDate(dateTrunc({grain:String}, toDateTime(event_date, 'UTC') + toIntervalHour(event_hour), {tz:String})) AS period,
        sum(event_count), uniqMerge(unique_users), sum(total_revenue)
    FROM footfall.mv_hourly_events
    WHERE {tz:String} != 'UTC' AND ({event_type:String} = '' OR event_type = {event_type:String})
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
        AND toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) >= {from:DateTime64(3, 'UTC')}
        AND toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) < {to:DateTime64(3, 'UTC')}
    GROUP BY period
)
ORDER BY period
