select day from {{ ref('orders_by_day') }} where amount < 0
