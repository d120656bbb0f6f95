-- title: Purchases against orders
-- description: Whether purchase events and the ledger of orders say the same, order by order.
-- reads: events, orders
-- note: Only orders since the oldest event that there is: older purchase events have expired.
-- column: state text ; agree, amounts differ, no order, order not completed, or no purchase event
-- column: orders count ; orders in this state
-- column: event_revenue money ; what their purchase events say
-- column: gross money ; what their completed lines say
-- column: difference money ; event_revenue - gross
SELECT
    state,
    countIf(order_id != '')                AS orders,
    sum(reconciled.event_revenue)          AS event_revenue,
    sum(reconciled.gross)                  AS gross,
    event_revenue - gross                  AS difference
FROM
(
    SELECT order_id, event_revenue, gross, state FROM ({part:reconciled_orders})
    UNION ALL
    SELECT '', toDecimal128(0, 4), toDecimal128(0, 4),
        arrayJoin(['agree', 'amounts differ', 'no order', 'order not completed', 'no purchase event'])
) AS reconciled
GROUP BY state
ORDER BY indexOf(['agree', 'amounts differ', 'no order', 'order not completed', 'no purchase event'], state)
