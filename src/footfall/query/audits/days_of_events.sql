-- Days that events or one of its rollups holds, from a day on.
SELECT DISTINCT day
FROM
(
    SELECT event_date AS day FROM footfall.events WHERE event_date >= {from:Date}
    UNION DISTINCT
    SELECT event_date AS day FROM footfall.mv_hourly_events WHERE event_date >= {from:Date}
    UNION DISTINCT
    SELECT event_date AS day FROM footfall.mv_country_stats WHERE event_date >= {from:Date}
    UNION DISTINCT
    SELECT event_date AS day FROM footfall.mv_user_funnel WHERE event_date >= {from:Date}
    UNION DISTINCT
    SELECT activity_date AS day FROM footfall.daily_user_activity WHERE activity_date >= {from:Date}
)
ORDER BY day
