-- title: Orders that do not reconcile
-- description: Orders whose purchase event and completed lines do not say the same, the latest first.
-- reads: events, orders
-- note: Only orders since the oldest event that there is: older purchase events have expired.
-- param: limit UInt32 = 100 ; 1..10000 ; rows at most
-- column: order_id text ; the order
-- column: state text ; amounts differ, no order, order not completed, or no purchase event
-- column: event_revenue money ; what its purchase event says
-- column: gross money ; what its completed lines say
-- column: difference money ; event_revenue - gross
-- column: first_at time ; the earliest of its events and lines
SELECT order_id, state, event_revenue, gross, event_revenue - gross AS difference, first_at
FROM ({part:reconciled_orders})
WHERE state != 'agree'
ORDER BY first_at DESC, order_id
LIMIT {limit:UInt32}
