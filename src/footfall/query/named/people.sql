-- title: People
-- description: How many different people came over a range of days: who browsed anonymously and turned out to be a user
--   counts once, before and after.
-- reads: daily_user_activity, identities
-- grain: day
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- column: people count ; distinct shoppers with an event, identities joined
-- column: ids count ; distinct user ids and anonymous ids with an event, as visitors are counted
-- column: joined count ; ids that are somebody's who is counted already: ids - people
SELECT
    uniqExact(shopper)    AS people,
    count()               AS ids,
    ids - people          AS joined
FROM
(
    SELECT if(linked.user_id != 0, linked.user_id, seen.user_id) AS shopper
    FROM
    (
        SELECT user_id
        FROM footfall.daily_user_activity
        WHERE user_id != 0
            AND activity_date >= toDate({from:DateTime64(3, 'UTC')})
            AND activity_date < toDate({to:DateTime64(3, 'UTC')})
        GROUP BY user_id
    ) AS seen
    LEFT JOIN
    (
        SELECT anonymous_id, argMax(user_id, (linked_at, block_id)) AS user_id
        FROM footfall.identities
        GROUP BY anonymous_id
    ) AS linked ON seen.user_id = linked.anonymous_id
)
