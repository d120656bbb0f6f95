-- title: Retention
-- description: Of the users first seen in a week (or day, or month), how many came back in each of the weeks after;
--   weeks begin on Monday, and the first week is the first within the range.
-- reads: daily_user_activity, identities
-- grain: day
-- note: Anonymous shoppers who logged in count as one with their user.
-- param: from DateTime64(3, 'UTC') = today-90d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: grain String = week ; day|week|month ; length of a period; weeks begin on Monday
-- param: weeks UInt32 = 8 ; 1..53 ; periods after the first
-- column: cohort day ; first day of the period in which the users were first seen
-- column: week count ; periods after the cohort's; 0: its own
-- column: users count ; users active in that period
-- column: size count ; users of the cohort
-- column: retention_pct percent ; users / size
SELECT
    cohort,
    week,
    users,
    size,
    round(100 * users / size, 4)             AS retention_pct
FROM
(
    SELECT
        periods[1]                                                               AS cohort,
        number                                                                   AS week,
        multiIf({grain:String} = 'day', addDays(cohort, week), {grain:String} = 'week', addWeeks(cohort, week),
            addMonths(cohort, week))                                             AS later,
        sumIf(shoppers, has(periods, later))                                     AS users,
        sum(shoppers)                                                            AS size
    FROM
    (
        SELECT periods, count() AS shoppers
        FROM
        (
            SELECT arraySort(groupUniqArray(toDate(dateTrunc({grain:String}, activity_date)))) AS periods
            FROM footfall.daily_user_activity AS seen
            LEFT ANY JOIN
            (
                SELECT anonymous_id, argMax(user_id, (linked_at, block_id)) AS user_id
                FROM footfall.identities
                GROUP BY anonymous_id
            ) AS linked ON seen.user_id = linked.anonymous_id
            WHERE seen.user_id != 0
                AND activity_date >= toDate({from:DateTime64(3, 'UTC')})
                AND activity_date < toDate({to:DateTime64(3, 'UTC')})
            GROUP BY if(linked.user_id != 0, linked.user_id, seen.user_id)
        )
        GROUP BY periods
    ) AS alike
    CROSS JOIN numbers({weeks:UInt32} + 1) AS later_periods
    GROUP BY cohort, week
    HAVING later < toDate({to:DateTime64(3, 'UTC')})
)
ORDER BY cohort, week
