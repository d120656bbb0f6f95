-- title: Hourly activity
-- description: Events, users and revenue of each hour of a range; hours without events are there
--   with zeros, up to now.
-- reads: mv_hourly_events
-- range: 400 days
-- grain: hour
-- estimate: unique_users
-- param: from DateTime64(3, 'UTC') = today-6d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: event_type String = ; any ; events of this type alone; empty: all
-- param: limit UInt32 = 10000 ; 1..10000 ; hours at most, the latest of the range
-- column: hour time ; start of the hour
-- column: event_count count ; events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: revenue money ; money received by purchase events, less refund events
SELECT hour, event_count, unique_users, revenue
FROM
(
    SELECT
        toDateTime(event_date, 'UTC') + toIntervalHour(event_hour)    AS hour,
        sum(event_count)                                              AS event_count,
        uniqMerge(unique_users)                                       AS unique_users,
        sum(total_revenue)                                            AS revenue
    FROM footfall.mv_hourly_events
    WHERE event_date >= toDate({from:DateTime64(3, 'UTC')})
        AND event_date <= toDate({to:DateTime64(3, 'UTC')})
        AND toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) >= {from:DateTime64(3, 'UTC')}
        AND toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) < {to:DateTime64(3, 'UTC')}
        AND ({event_type:String} = '' OR event_type = {event_type:String})
    GROUP BY hour
    ORDER BY hour DESC WITH FILL
        FROM greatest(
            toDateTime({from:DateTime64(3, 'UTC')}, 'UTC'),
            least(toDateTime({to:DateTime64(3, 'UTC')}, 'UTC'), toStartOfHour(now('UTC')) + toIntervalHour(1)))
            - toIntervalHour(1)
        TO toDateTime({from:DateTime64(3, 'UTC')}, 'UTC') - toIntervalHour(1)
        STEP toIntervalHour(-1)
    LIMIT {limit:UInt32}
)
ORDER BY hour
