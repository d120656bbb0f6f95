-- title: Hourly sessions
-- description: Sessions of each hour of a range; one that goes on into the next hour counts in both. Hours without
--   sessions are left out.
-- reads: events
-- range: 35 days
-- param: from DateTime64(3, 'UTC') = today ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- column: hour time ; start of the hour
-- column: sessions count ; distinct sessions with an event
SELECT
    toStartOfHour(toDateTime(event_timestamp, {tz:String}))    AS hour,
    uniqExact(session_id)                                      AS sessions
FROM footfall.events
WHERE session_id != ''
    AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
    AND event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:context_filters}
GROUP BY hour
ORDER BY hour
