-- title: Activity trend
-- description: Events, users and revenue by week or month, or by day.
-- reads: mv_country_stats, mv_hourly_events
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
SELECT
    multiIf({grain:String} = 'day', day,
            {grain:String} = 'week', toMonday(day),
            toStartOfMonth(day))           AS period,
    sum(events)                            AS event_count,
    uniqMerge(users)                       AS unique_users,
    sum(money)                             AS revenue
FROM
(
    SELECT event_date AS day, event_count AS events, unique_users AS users, mv_country_stats.revenue AS money
    FROM footfall.mv_country_stats
    WHERE {event_type:String} = '' AND {tz:String} = 'UTC'
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
    UNION ALL
    SELECT
        toDate(toDateTime(event_date, 'UTC') + toIntervalHour(event_hour), {tz:String}),
        event_count, unique_users, total_revenue
    FROM footfall.mv_hourly_events
    WHERE ({event_type:String} != '' OR {tz:String} != 'UTC')
        AND ({event_type:String} = '' OR event_type = {event_type:String})
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
        AND toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) >= {from:DateTime64(3, 'UTC')}
        AND toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) < {to:DateTime64(3, 'UTC')}
)
GROUP BY period
ORDER BY period
