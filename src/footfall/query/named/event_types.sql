-- title: Event types
-- description: What shoppers did: events, users and revenue of each type of event.
-- reads: mv_hourly_events
-- grain: hour
-- estimate: unique_users
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: event_type text ; type of event
-- column: event_count count ; events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: revenue money ; money received by purchase events, less refund events
SELECT
    event_type,
    sum(event_count)           AS event_count,
    uniqMerge(unique_users)    AS unique_users,
    sum(total_revenue)         AS revenue
FROM footfall.mv_hourly_events
WHERE event_date >= toDate({from:DateTime64(3, 'UTC')})
    AND event_date <= toDate({to:DateTime64(3, 'UTC')})
    AND toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) >= {from:DateTime64(3, 'UTC')}
    AND toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) < {to:DateTime64(3, 'UTC')}
    AND ({event_type:String} = '' OR event_type = {event_type:String})
GROUP BY event_type
ORDER BY event_count DESC, event_type
LIMIT {limit:UInt32}
