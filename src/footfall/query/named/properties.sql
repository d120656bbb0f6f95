-- title: Properties
-- description: Events, users, purchases and revenue by the values of one of the shop's own properties.
-- reads: events
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: property String = ; any ; name of the property
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: value text ; value of the property, as text; events without it are left out
-- column: events count ; events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: purchases count ; purchase events
-- column: revenue money ; money received by purchase events, less refund events
SELECT
    if(JSONType(properties, {property:String}) = 'String',
       JSONExtractString(properties, {property:String}),
       JSONExtractRaw(properties, {property:String}))    AS value,
    count()                                              AS events,
    uniqExactIf(user_id, user_id != 0)                   AS unique_users,
    countIf(event_type = 'purchase')                     AS purchases,
    sum(events.revenue)                                  AS revenue
FROM footfall.events
WHERE event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
    AND event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    AND JSONHas(properties, {property:String})
    AND {part:event_filters}
GROUP BY value
ORDER BY count() DESC, value
LIMIT {limit:UInt32}
