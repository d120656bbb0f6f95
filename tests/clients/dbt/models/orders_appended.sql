{{ config(materialized='incremental', engine='MergeTree()', order_by='order_id', incremental_strategy='append') }}
select * from {{ ref('orders') }}
{% if is_incremental() %} where order_id > (select max(order_id) from {{ this }}) {% endif %}
