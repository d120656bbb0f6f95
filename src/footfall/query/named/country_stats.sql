-- title: Countries
-- description: Events, users, revenue and purchases by country.
-- reads: mv_country_stats
-- grain: day
-- estimate: unique_users
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: limit UInt32 = 250 ; 1..1000 ; rows at most
-- column: country text ; ISO 3166 alpha-2, with UK for GB; ZZ: unknown
-- column: events count ; events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: revenue money ; money received by purchase events, less refund events
-- column: purchases count ; purchase events
SELECT
    country,
    sum(event_count)                 AS events,
    uniqMerge(unique_users)          AS unique_users,
    sum(mv_country_stats.revenue)    AS revenue,
    sum(purchase_count)              AS purchases
FROM footfall.mv_country_stats
WHERE event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
    AND ({country:String} = '' OR country = {country:String})
GROUP BY country
ORDER BY events DESC, country
LIMIT {limit:UInt32}
