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
WITH
    -- Days that have raw rows have `visitors` as well, whose states merge in half the time.
    (SELECT if(count() > 0, min(event_date), toDate('2149-06-06')) FROM footfall.events) AS oldest,
    toDate({from:DateTime64(3, 'UTC')}) >= oldest AS recent
SELECT country, events, unique_users, revenue, purchases
FROM
(
    SELECT
        country,
        sum(event_count)                   AS events,
        uniqCombined64Merge(visitors)      AS unique_users,
        sum(mv_country_stats.revenue)      AS revenue,
        sum(purchase_count)                AS purchases
    FROM footfall.mv_country_stats
    WHERE recent
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
        AND ({country:String} = '' OR country = {country:String})
    GROUP BY country
    UNION ALL
    SELECT
        country,
        sum(event_count), uniqMerge(unique_users), sum(mv_country_stats.revenue), sum(purchase_count)
    FROM footfall.mv_country_stats
    WHERE NOT recent
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
        AND ({country:String} = '' OR country = {country:String})
    GROUP BY country
)
ORDER BY events DESC, country
LIMIT {limit:UInt32}
