-- current_users: one row a user, whatever the table holds at the moment.
CREATE VIEW IF NOT EXISTS footfall.current_users {on_cluster} AS
SELECT user_id, external_id, country, is_premium, age, registration_date, updated_at, properties
FROM footfall.users
ORDER BY updated_at DESC, block_id DESC
LIMIT 1 BY user_id
