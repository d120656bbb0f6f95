-- title: Sources
-- description: Events, users, purchases and revenue by where the event says its shopper came from. UTM sources,
--   mediums and campaigns are answered from proj_daily_sources of the raw rows, which holds these four by day;
--   referrers from the rows themselves.
-- reads: events
-- grain: day
-- estimate: unique_users
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: by String = utm_source ; utm_source|utm_medium|utm_campaign|referrer ; what to break down by
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: value text ; the source; for referrers, their domain; empty: direct or unknown
-- column: events count ; events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: purchases count ; purchase events
-- column: revenue money ; money received by purchase events, less refund events
SELECT
    -- The outer condition is constant and is folded away, and `referrer` with it where it is not asked for.
    if({by:String} = 'referrer',
       domainWithoutWWW(referrer),
       multiIf({by:String} = 'utm_source', CAST(utm_source, 'String'),
               {by:String} = 'utm_medium', CAST(utm_medium, 'String'),
               CAST(utm_campaign, 'String')))        AS value,
    count()                                          AS events,
    uniqIf(user_id, user_id != 0)                    AS unique_users,
    countIf(event_type = 'purchase')                 AS purchases,
    sum(events.revenue)                              AS revenue
FROM footfall.events
WHERE event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date < toDate({to:DateTime64(3, 'UTC')})
GROUP BY value
ORDER BY count() DESC, value
LIMIT {limit:UInt32}
