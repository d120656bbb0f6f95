SELECT weekday, hour, sum(events) AS event_count, uniqExactArray(users) AS unique_users, sum(money) AS revenue
FROM
(
    SELECT
        toUInt16(toDayOfWeek(event_timestamp, 0, {tz:String}))    AS weekday,
        toUInt16(toHour(event_timestamp, {tz:String}))            AS hour,
        count()                                                   AS events,
        groupUniqArrayIf(user_id, user_id != 0)                   AS users,
        sum(events.revenue)                                       AS money
    FROM footfall.events
    WHERE event_timestamp >= {from:DateTime64(3, 'UTC')} AND event_timestamp < {to:DateTime64(3, 'UTC')}
        AND {part:event_filters}
    GROUP BY weekday, hour
    UNION ALL
    SELECT 1 + intDiv(number, 24), number % 24, 0, [], toDecimal128(0, 4) FROM numbers(168)
)
GROUP BY weekday, hour
ORDER BY weekday, hour
