-- title: User look-up
-- description: Users by id, country, premium and day of registration, the latest registered first.
-- reads: users
-- param: user_id String = ; id ; this user alone, as the shop knows it or as Footfall stores it; empty: all
-- param: country String = ; country ; code or name of a country; empty: all
-- param: is_premium String = ; |true|false ; premium users, or the others; empty: all
-- param: registered_from Date = 1970-01-01 ; any ; first day of registration, inclusive
-- param: registered_to Date = 2149-01-01 ; any ; last day of registration, exclusive
-- param: limit UInt32 = 50 ; 1..1000 ; rows at most
-- column: user_id id ; the user as Footfall stores it
-- column: external_id text ; the user as the shop knows it
-- column: country text ; ISO 3166 alpha-2, with UK for GB
-- column: is_premium flag ; whether the user is a premium user
-- column: age count ; age in years; 0: unknown
-- column: registration_date day ; day of registration
-- column: updated_at time ; when the shop last changed these attributes
SELECT user_id, external_id, country, is_premium, age, registration_date, updated_at
FROM
(
    SELECT user_id, external_id, country, is_premium, age, registration_date, updated_at
    FROM footfall.users
    WHERE user_id IN
    (
        SELECT user_id
        FROM footfall.users
        WHERE ({user_id:String} = '' OR user_id = toUInt64OrZero({user_id:String}))
            AND ({country:String} = '' OR country = {country:String})
            AND ({is_premium:String} = '' OR is_premium = ({is_premium:String} = 'true'))
            AND registration_date >= {registered_from:Date}
            AND registration_date < {registered_to:Date}
        ORDER BY registration_date DESC, user_id
        LIMIT {limit:UInt32}
    )
    ORDER BY updated_at DESC, block_id DESC
    LIMIT 1 BY user_id
)
WHERE ({country:String} = '' OR country = {country:String})
    AND ({is_premium:String} = '' OR is_premium = ({is_premium:String} = 'true'))
    AND registration_date >= {registered_from:Date}
    AND registration_date < {registered_to:Date}
ORDER BY registration_date DESC, user_id
