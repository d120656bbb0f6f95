-- title: Devices
-- description: Events, users, purchases and revenue by kind of device or by browser. Answered from
--   proj_daily_devices of the raw rows, which holds these four by day.
-- reads: events
-- grain: day
-- estimate: unique_users
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: by String = device_type ; device_type|browser ; what to break down by
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: value text ; kind of device, or browser; empty: unknown
-- column: events count ; events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: purchases count ; purchase events
-- column: revenue money ; money received by purchase events, less refund events
SELECT
    if({by:String} = 'browser', browser, device_type)    AS value,
    count()                                              AS events,
    uniqIf(user_id, user_id != 0)                        AS unique_users,
    countIf(event_type = 'purchase')                     AS purchases,
    sum(events.revenue)                                  AS revenue
FROM footfall.events
WHERE event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
GROUP BY value
ORDER BY count() DESC, value
LIMIT {limit:UInt32}
