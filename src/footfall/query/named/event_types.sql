-- title: Event types
-- description: What shoppers did: events, users and revenue of each type of event.
-- reads: mv_daily_events, mv_hourly_events
-- grain: hour
-- estimate: unique_users
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: event_type text ; type of event
-- column: event_count count ; events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: revenue money ; money received by purchase events, less refund events
SELECT event_type, event_count, unique_users, revenue
FROM
(
    -- Whole days, from a state a day.
    SELECT
        event_type,
        sum(event_count)                       AS event_count,
        uniqCombined64Merge(unique_users)      AS unique_users,
        sum(mv_daily_events.revenue)           AS revenue
    FROM footfall.mv_daily_events
    WHERE toStartOfDay({from:DateTime64(3, 'UTC')}) = {from:DateTime64(3, 'UTC')}
        AND toStartOfDay({to:DateTime64(3, 'UTC')}) = {to:DateTime64(3, 'UTC')}
        AND event_type != '' AND ({event_type:String} = '' OR event_type = {event_type:String})
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
    GROUP BY event_type
    UNION ALL
    SELECT event_type, sum(event_count), uniqMerge(unique_users), sum(total_revenue)
    FROM footfall.mv_hourly_events
    WHERE (toStartOfDay({from:DateTime64(3, 'UTC')}) != {from:DateTime64(3, 'UTC')}
            OR toStartOfDay({to:DateTime64(3, 'UTC')}) != {to:DateTime64(3, 'UTC')})
        AND ({event_type:String} = '' OR event_type = {event_type:String})
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
        AND toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) >= {from:DateTime64(3, 'UTC')}
        AND toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) < {to:DateTime64(3, 'UTC')}
    GROUP BY event_type
)
ORDER BY event_count DESC, event_type
LIMIT {limit:UInt32}
