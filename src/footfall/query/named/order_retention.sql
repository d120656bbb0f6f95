-- title: Retention of buyers
-- description: Of the buyers who first bought in a week (or day, or month), how many bought again in each of the
--   weeks after; weeks begin on Monday, and the first purchase is the first within the range.
-- reads: orders
-- param: from DateTime64(3, 'UTC') = today-364d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: grain String = week ; day|week|month ; length of a period; weeks begin on Monday
-- param: weeks UInt32 = 8 ; 1..53 ; periods after the first
-- column: cohort day ; first day of the period of the first completed order line
-- column: week count ; periods after the cohort's; 0: its own
-- column: users count ; buyers with a completed order line in that period
-- column: size count ; buyers of the cohort
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
            groupUniqArray(toDate(dateTrunc({grain:String}, order_timestamp, {tz:String})))    AS periods,
            arrayMin(periods)                                                                  AS cohort,
            arrayMap(period -> dateDiff({grain:String}, cohort, period), periods)              AS numbers,
            arrayMap(n -> toUInt64(has(numbers, n)), range(0, {weeks:UInt32} + 1))             AS active
        FROM footfall.orders
        WHERE user_id != 0 AND status = 'completed'
            AND order_date >= toDate({from:DateTime64(3, 'UTC')}) AND order_date <= toDate({to:DateTime64(3, 'UTC')})
            AND order_timestamp >= {from:DateTime64(3, 'UTC')} AND order_timestamp < {to:DateTime64(3, 'UTC')}
            AND {part:order_filters}
        GROUP BY user_id
    )
    GROUP BY cohort
)
WHERE toDateTime(multiIf({grain:String} = 'day', addDays(cohort, week), {grain:String} = 'week', addWeeks(cohort, week),
    addMonths(cohort, week)), {tz:String}) < {to:DateTime64(3, 'UTC')}
ORDER BY cohort, week
