-- description: What the shop calls a user, of users whom it does not call by the number that Footfall stores.
SELECT user_id, any(users.external_id) AS external_id
FROM footfall.users
WHERE users.external_id != toString(user_id)
GROUP BY user_id
