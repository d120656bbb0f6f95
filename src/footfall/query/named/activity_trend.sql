-- title: Activity trend
-- description: Events, users and revenue by week or month, or by day.
-- reads: mv_country_stats, mv_hourly_events
-- grain: day
-- estimate: unique_users
-- param: from DateTime64(3, 'UTC') = today-364d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: grain String = month ; day|week|month ; length of a period; weeks begin on Monday
-- param: event_type String = ; any ; events of this type alone; empty: all
-- column: period day ; first day of the period, UTC
-- column: event_count count ; events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: revenue money ; money received by purchase events, less refund events
SELECT
    multiIf({grain:String} = 'day', event_date,
            {grain:String} = 'week', toMonday(event_date),
            toStartOfMonth(event_date))    AS period,
    sum(events)                            AS event_count,
    uniqMerge(users)                       AS unique_users,
    sum(money)                             AS revenue
FROM
(
    SELECT event_date, event_count AS events, unique_users AS users, mv_country_stats.revenue AS money
    FROM footfall.mv_country_stats
    WHERE {event_type:String} = ''
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
    UNION ALL
    SELECT event_date, event_count AS events, unique_users AS users, total_revenue AS money
    FROM footfall.mv_hourly_events
    WHERE {event_type:String} != '' AND event_type = {event_type:String}
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
)
GROUP BY period
ORDER BY period
