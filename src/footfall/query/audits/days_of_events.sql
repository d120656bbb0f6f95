-- Days that events or one of its rollups holds, from a day on, each with the events of that day.
SELECT day, sum(events) AS events
FROM
(
    SELECT event_date AS day, count() AS events FROM footfall.events WHERE event_date >= {from:Date} GROUP BY day
    UNION ALL
    SELECT DISTINCT event_date AS day, 0 AS events FROM footfall.mv_hourly_events WHERE event_date >= {from:Date}
    UNION ALL
    SELECT DISTINCT event_date AS day, 0 AS events FROM footfall.mv_country_stats WHERE event_date >= {from:Date}
    UNION ALL
    SELECT DISTINCT event_date AS day, 0 AS events FROM footfall.mv_user_funnel WHERE event_date >= {from:Date}
    UNION ALL
    SELECT DISTINCT activity_date AS day, 0 AS events FROM footfall.daily_user_activity
    WHERE activity_date >= {from:Date}
)
GROUP BY day
ORDER BY day
