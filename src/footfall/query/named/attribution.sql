-- title: Last touch
-- description: Purchases and their money by the last campaign or referrer that brought the shopper, within some days
--   before the purchase (or with it).
-- reads: events, identities
-- note: Anonymous shoppers who logged in count as one with their user. Money is event revenue.
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: by String = utm_source ; utm_source|utm_medium|utm_campaign|referrer ; what to attribute to
-- param: days UInt32 = 30 ; 1..90 ; how long a touch is remembered
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: value text ; the last touch; for referrers, their domain; empty: direct, or longer ago
-- column: purchases count ; purchase events
-- column: buyers count ; distinct shoppers
-- column: revenue money ; money of these purchases
SELECT touch.2 AS value, count() AS purchases, uniqExact(shopper) AS buyers, sum(bought.2) AS revenue
FROM
(
    SELECT
        shopper,
        arrayJoin(purchases)                                                    AS bought,
        arrayLast(
            touch -> touch.1 <= bought.1 AND touch.1 >= bought.1 - {days:UInt32} * 86400000,
            touches)                                                            AS touch
    FROM
    (
        SELECT
            shopper,
            arraySort(groupArrayIf((at_ms, source), source != ''))              AS touches,
            groupArrayIf((at_ms, money), counts)                                AS purchases
        FROM
        (
            SELECT
                if(linked.user_id != 0, linked.user_id, events.user_id)         AS shopper,
                toUnixTimestamp64Milli(event_timestamp)                         AS at_ms,
                events.revenue                                                  AS money,
                multiIf({by:String} = 'utm_source', CAST(utm_source, 'String'),
                        {by:String} = 'utm_medium', CAST(utm_medium, 'String'),
                        {by:String} = 'utm_campaign', CAST(utm_campaign, 'String'),
                        domainWithoutWWW(referrer))                             AS source,
                event_type = 'purchase' AND event_timestamp >= {from:DateTime64(3, 'UTC')}
                    AND {part:context_filters}                                  AS counts
            FROM footfall.events
            LEFT ANY JOIN
            (
                SELECT anonymous_id, argMax(user_id, (linked_at, block_id)) AS user_id
                FROM footfall.identities
                GROUP BY anonymous_id
            ) AS linked ON events.user_id = linked.anonymous_id
            WHERE events.user_id != 0
                AND event_date >= toDate({from:DateTime64(3, 'UTC')}) - {days:UInt32}
                AND event_date <= toDate({to:DateTime64(3, 'UTC')})
                AND event_timestamp < {to:DateTime64(3, 'UTC')}
        )
        GROUP BY shopper
        HAVING notEmpty(purchases)
    )
)
GROUP BY value
ORDER BY revenue DESC, value
LIMIT {limit:UInt32}
