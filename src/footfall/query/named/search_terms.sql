-- title: Search terms
-- description: What shoppers searched for, and in how many of the sessions they bought something after it.
-- reads: events
-- note: Terms count in small letters and without spaces around them.
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: term text ; what was searched for
-- column: searches count ; search events
-- column: unique_users count ; distinct users and anonymous shoppers
-- column: sessions count ; distinct sessions
-- column: sessions_with_purchase count ; those with a purchase event after the search
-- column: conversion percent ; sessions with a purchase / sessions; null where there are none
SELECT
    term,
    sum(times)                                                              AS searches,
    uniqExactArray(users)                                                   AS unique_users,
    uniqExactIf(session_id, session_id != '')                               AS sessions,
    uniqExactIf(session_id, session_id != '' AND bought_at >= first_at)     AS sessions_with_purchase,
    if(sessions = 0, NULL, round(100 * sessions_with_purchase / sessions, 4)) AS conversion
FROM
(
    SELECT
        lowerUTF8(trimBoth(search_term))                                    AS term,
        session_id,
        count()                                                             AS times,
        groupUniqArrayIf(user_id, user_id != 0)                             AS users,
        min(event_timestamp)                                                AS first_at
    FROM footfall.events
    WHERE event_type = 'search' AND search_term != ''
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
        AND event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
        AND {part:context_filters}
    GROUP BY term, session_id
) AS searched
LEFT JOIN
(
    SELECT session_id, max(event_timestamp) AS bought_at
    FROM footfall.events
    WHERE event_type = 'purchase' AND session_id != ''
        AND event_date >= toDate({from:DateTime64(3, 'UTC')}) AND event_date <= toDate({to:DateTime64(3, 'UTC')})
        AND event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
    GROUP BY session_id
) AS bought USING (session_id)
GROUP BY term
ORDER BY searches DESC, term
LIMIT {limit:UInt32}
