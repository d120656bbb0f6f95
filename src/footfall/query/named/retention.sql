-- title: Retention
-- description: Of the users first seen in a week, how many came back in each of the weeks after; weeks begin on
--   Monday, UTC, and the first week is the first within the range.
-- reads: daily_user_activity
-- grain: day
-- note: Events before a login count under the anonymous id.
-- param: from DateTime64(3, 'UTC') = today-90d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: weeks UInt32 = 8 ; 1..53 ; weeks after the first
-- column: cohort day ; Monday of the week in which the users were first seen
-- column: week count ; weeks after the cohort's; 0: its own
-- column: users count ; users active in that week
-- column: size count ; users of the cohort
-- column: retention_pct percent ; users / size
SELECT
    cohort,
    week,
    users,
    max(users) OVER (PARTITION BY cohort)    AS size,
    round(100 * users / size, 4)             AS retention_pct
FROM
(
    SELECT
        cohort,
        arrayJoin(range(0, {weeks:UInt32} + 1))         AS week,
        sumForEach(active)[week + 1]                    AS users
    FROM
    (
        SELECT
            toMonday(min(activity_date))                AS cohort,
            groupUniqArray(toMonday(activity_date))     AS mondays,
            arrayMap(n -> toUInt64(has(mondays, cohort + 7 * n)), range(0, {weeks:UInt32} + 1)) AS active
        FROM footfall.daily_user_activity
        WHERE user_id != 0
            AND activity_date >= toDate({from:DateTime64(3, 'UTC')})
            AND activity_date < toDate({to:DateTime64(3, 'UTC')})
        GROUP BY user_id
    )
    GROUP BY cohort
)
WHERE cohort + 7 * week < toDate({to:DateTime64(3, 'UTC')})
ORDER BY cohort, week
