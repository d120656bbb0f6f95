select user_id, amount from {{ ref('users') }} order by amount desc limit 1
