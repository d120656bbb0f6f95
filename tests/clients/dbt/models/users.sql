{{ config(materialized='view') }}
select user_id, sum(amount) as amount from {{ ref('orders') }} group by user_id
