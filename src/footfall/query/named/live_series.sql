-- title: Last minutes
-- description: Events, users, purchases and revenue of each of the last minutes, minutes without events included.
-- reads: events
-- param: at DateTime64(3, 'UTC') = now ; any ; the moment to look from
-- param: minutes UInt32 = 30 ; 1..180 ; minutes to look back, the current one included
-- column: minute time ; start of the minute, UTC
-- column: events count ; events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: purchases count ; purchase events
-- column: revenue money ; money received by purchase events, less refund events
SELECT
    toStartOfMinute(toDateTime(event_timestamp, 'UTC'))    AS minute,
    count()                                                AS events,
    uniqExactIf(user_id, user_id != 0)                     AS unique_users,
    countIf(event_type = 'purchase')                       AS purchases,
    sum(events.revenue)                                    AS revenue
FROM footfall.events
WHERE event_timestamp >= toStartOfMinute({at:DateTime64(3, 'UTC')}) - toIntervalMinute({minutes:UInt32} - 1)
    AND event_timestamp <= {at:DateTime64(3, 'UTC')}
    AND event_date >= toDate({at:DateTime64(3, 'UTC')} - toIntervalMinute({minutes:UInt32}))
    AND event_date <= toDate({at:DateTime64(3, 'UTC')})
    AND {part:typed_filters}
GROUP BY minute
ORDER BY minute WITH FILL
    FROM toStartOfMinute(toDateTime({at:DateTime64(3, 'UTC')}, 'UTC')) - toIntervalMinute({minutes:UInt32} - 1)
    TO toStartOfMinute(toDateTime({at:DateTime64(3, 'UTC')}, 'UTC')) + toIntervalMinute(1)
    STEP toIntervalMinute(1)
