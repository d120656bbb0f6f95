-- title: Top users
-- description: The most active users of a range, by events.
-- reads: daily_user_activity, users
-- grain: day
-- note: Events before a login count under the anonymous id.
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: limit UInt32 = 20 ; 1..1000 ; rows at most
-- column: user_id id ; the user as Footfall stores it
-- column: external_id text ; the user as the shop knows it; the stored number where the shop has not told
-- column: events count ; events
-- column: event_types count ; distinct types of event
-- column: active_days count ; days with an event
-- column: last_day day ; last day with an event
SELECT
    user_id,
    if(u.external_id = '', toString(user_id), u.external_id)    AS external_id,
    events,
    event_types,
    active_days,
    last_day
FROM
(
    SELECT user_id, sum(activity_count) AS events, uniqMerge(event_types_used) AS event_types,
        uniqExact(activity_date) AS active_days, max(activity_date) AS last_day
    FROM footfall.daily_user_activity
    WHERE activity_date >= toDate({from:DateTime64(3, 'UTC')})
        AND activity_date < toDate({to:DateTime64(3, 'UTC')})
        AND user_id IN
        (
            -- States of all users would take several times the memory of a sum.
            SELECT user_id
            FROM footfall.daily_user_activity
            WHERE user_id != 0
                AND activity_date >= toDate({from:DateTime64(3, 'UTC')})
                AND activity_date < toDate({to:DateTime64(3, 'UTC')})
            GROUP BY user_id
            ORDER BY sum(activity_count) DESC, user_id
            LIMIT {limit:UInt32}
        )
    GROUP BY user_id
) AS a
LEFT JOIN
(
{part:shop_ids}
) AS u USING (user_id)
ORDER BY events DESC, user_id
