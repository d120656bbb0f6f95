-- title: Users of a funnel
-- description: Exactly the shoppers behind one bar of a funnel, or those who were lost before it. It takes the funnel's
--   own parameters and finds levels by the same statement.
-- reads: events, identities, users
-- param: step UInt32 = 1 ; 1..12 ; number of the step, from 1
-- param: outcome String = reached ; reached|dropped ; who reached this step, or who reached the one before and not this
-- param: value String = ; any ; with a dimension: shoppers of this value alone
-- param: limit UInt32 = 100 ; 1..100000 ; rows at most
-- column: user_id id ; the shopper as Footfall stores it
-- column: external_id text ; the user as the shop knows it; the stored number where the shop has not told
-- column: level count ; the last step that the shopper reached
SELECT
    shopper                                                        AS user_id,
    if(u.external_id = '', toString(shopper), u.external_id)       AS external_id,
    level
FROM
(
    SELECT shopper, level
    FROM ({part:funnel_levels})
    WHERE value = {value:String}
        AND if({outcome:String} = 'reached', level >= {step:UInt32}, level + 1 = {step:UInt32} AND level > 0)
    ORDER BY shopper
    LIMIT {limit:UInt32}
) AS f
LEFT JOIN
(
{part:shop_ids}
) AS u ON f.shopper = u.user_id
ORDER BY user_id
