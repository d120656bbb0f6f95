-- title: Country activity
-- description: What shoppers of some countries did, by type of event. Answered from proj_by_country of the raw rows.
-- reads: events
-- grain: day
-- param: countries Array(String) = US,UK,DE ; 1..250 items ; ISO 3166 alpha-2, with UK for GB
-- param: from DateTime64(3, 'UTC') = today ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- column: event_type text ; type of event
-- column: events count ; events
-- column: revenue money ; money received by purchase events, less refund events
SELECT
    event_type,
    count()                AS events,
    sum(events.revenue)    AS revenue
FROM footfall.events
WHERE country IN {countries:Array(String)}
    AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
GROUP BY event_type
ORDER BY count() DESC, event_type
