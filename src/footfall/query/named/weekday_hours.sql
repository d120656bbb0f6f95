-- title: Hours of the week
-- description: Events and users by day of the week and hour of the day, over all days of a range.
-- reads: mv_hourly_events
-- grain: day
-- estimate: unique_users
-- param: from DateTime64(3, 'UTC') = today-27d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: event_type String = ; any ; events of this type alone; empty: all
-- column: weekday count ; day of the week of the zone, 1 (Monday) to 7
-- column: hour count ; hour of the day of the zone, 0 to 23
-- column: event_count count ; events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: revenue money ; money received by purchase events, less refund events
SELECT
    intDiv(slot, 24) + 1           AS weekday,
    slot % 24                      AS hour,
    event_count, unique_users, revenue
FROM
(
    SELECT
        toUInt16(24 * (toDayOfWeek(at, 0, {tz:String}) - 1) + toHour(at, {tz:String})) AS slot,
        sum(event_count)           AS event_count,
        uniqMerge(unique_users)    AS unique_users,
        sum(total_revenue)         AS revenue
    FROM
    (
        SELECT
            toDateTime(event_date, 'UTC') + toIntervalHour(event_hour) AS at,
            event_count, unique_users, total_revenue
        FROM footfall.mv_hourly_events
        WHERE event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
            AND ({event_type:String} = '' OR event_type = {event_type:String})
            AND at >= {from:DateTime64(3, 'UTC')} AND at < {to:DateTime64(3, 'UTC')}
    )
    GROUP BY slot
    ORDER BY slot WITH FILL FROM 0 TO 168
)
ORDER BY slot
