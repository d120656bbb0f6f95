{{ config(materialized='incremental', engine='MergeTree()', order_by='day', unique_key='day') }}
select toDate(ordered_on) as day, count() as orders, sum(amount) as amount
from {{ ref('orders') }}
{% if is_incremental() %} where day >= (select max(day) from {{ this }}) {% endif %}
group by day
