-- title: Totals of events
-- description: What the raw events of a range hold.
-- reads: events
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- column: events count ; events
-- column: users count ; distinct users and anonymous shoppers
-- column: events_without_user count ; events of nobody known
-- column: sessions count ; distinct sessions
-- column: purchases count ; purchase events
-- column: buyers count ; distinct users with a purchase event
-- column: products count ; distinct products
-- column: revenue money ; money received by purchase events, less refund events
-- column: first_event time ; earliest event; null where there is none
-- column: last_event time ; latest event; null where there is none
SELECT
    count()                                                           AS events,
    uniqExactIf(user_id, user_id != 0)                                AS users,
    countIf(user_id = 0)                                              AS events_without_user,
    uniqExactIf(session_id, session_id != '')                         AS sessions,
    countIf(event_type = 'purchase')                                  AS purchases,
    uniqExactIf(user_id, user_id != 0 AND event_type = 'purchase')    AS buyers,
    uniqExactIf(product_id, product_id != 0)                          AS products,
    sum(events.revenue)                                               AS revenue,
    minOrNull(event_timestamp)                                        AS first_event,
    maxOrNull(event_timestamp)                                        AS last_event
FROM footfall.events
WHERE event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
    AND event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND {part:event_filters}
