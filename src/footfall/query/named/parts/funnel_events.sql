-- description: The events of a funnel's steps, each with its time, the shopper behind it (identities joined), a bit
--   for each step that it is (from the lowest), and its value of the dimension. Only the columns that conditions name
--   are read. A condition is [field, sign, percent-encoded value], of fields that `steps.py` accepts; `>=` and `<=`
--   compare numbers, and no other text meets them.
-- param: from DateTime64(3, 'UTC') = today-29d ; any ; start of the range, inclusive
-- param: to DateTime64(3, 'UTC') = now ; any ; end of the range, exclusive
-- param: steps Array(String) = product_view,add_to_cart,purchase ; 2..12 different steps ; types of event, in order, each
--   with conditions on columns and properties behind a question mark: product_view?country=US&properties.plan=gold
-- param: by String = ; |country|device_type|browser|utm_source|utm_medium|utm_campaign ; a dimension: that of a
--   shopper's first event of the first step; empty: none
        WITH
            arrayMap(
                step -> arrayMap(
                    text -> extractGroups(text, '^([^=!<>]+)(!=|>=|<=|=)((?s:.*))$'),
                    arrayFilter(text -> text != '', splitByChar('&', splitByChar('?', step)[2]))),
                {steps:Array(String)})                                   AS conditions,
            arrayDistinct(arrayFlatten(arrayMap(step -> arrayMap(condition -> condition[1], step), conditions))) AS needed,
            arrayMap(
                name -> substring(name, 12),
                arrayFilter(name -> startsWith(name, 'properties.'), needed)) AS properties_needed,
            arrayConcat(
                [
                'country', 'device_type', 'browser', 'page_url', 'referrer', 'search_term', 'utm_source', 'utm_medium',
                'utm_campaign', 'product_id', 'order_id', 'session_id', 'revenue', 'value', 'quantity', 'duration_seconds'],
                arrayMap(name -> 'properties.' || name, properties_needed)) AS fields,
            arrayConcat(
                [
                if(has(needed, 'country'), CAST(country, 'String'), ''),
                if(has(needed, 'device_type'), CAST(device_type, 'String'), ''),
                if(has(needed, 'browser'), CAST(browser, 'String'), ''),
                if(has(needed, 'page_url'), page_url, ''),
                if(has(needed, 'referrer'), referrer, ''),
                if(has(needed, 'search_term'), search_term, ''),
                if(has(needed, 'utm_source'), CAST(utm_source, 'String'), ''),
                if(has(needed, 'utm_medium'), CAST(utm_medium, 'String'), ''),
                if(has(needed, 'utm_campaign'), CAST(utm_campaign, 'String'), ''),
                if(has(needed, 'product_id'), toString(product_id), ''),
                if(has(needed, 'order_id'), order_id, ''),
                if(has(needed, 'session_id'), session_id, ''),
                if(has(needed, 'revenue'), toString(revenue), ''),
                if(has(needed, 'value'), toString(value), ''),
                if(has(needed, 'quantity'), toString(quantity), ''),
                if(has(needed, 'duration_seconds'), toString(duration_seconds), '')],
                arrayMap(
                    name -> if(JSONType(properties, name) = 'String',
                        JSONExtractString(properties, name),
                        JSONExtractRaw(properties, name)),
                    properties_needed))                                 AS texts
        SELECT
            if(linked.user_id != 0, linked.user_id, events.user_id)     AS shopper,
            toUInt64(toUnixTimestamp64Milli(event_timestamp))           AS at_ms,
            multiIf({by:String} = 'country', CAST(country, 'String'),
                    {by:String} = 'device_type', CAST(device_type, 'String'),
                    {by:String} = 'browser', CAST(browser, 'String'),
                    {by:String} = 'utm_source', CAST(utm_source, 'String'),
                    {by:String} = 'utm_medium', CAST(utm_medium, 'String'),
                    {by:String} = 'utm_campaign', CAST(utm_campaign, 'String'),
                    '')                                                 AS dimension,
            toUInt16(if(empty(needed), bitShiftRight(bitShiftLeft(toUInt16(1), indexOf({steps:Array(String)}, event_type)), 1),
                arraySum(number -> bitShiftLeft(toUInt16(1), number - 1), arrayFilter(
                    number -> arrayMap(step -> splitByChar('?', step)[1], {steps:Array(String)})[number] = event_type
                        AND arrayAll(
                            (text, sign, wanted) -> multiIf(
                                sign = '=', text = wanted,
                                sign = '!=', text != wanted,
                                sign = '>=', ifNull(toFloat64OrNull(text) >= toFloat64OrNull(wanted), 0),
                                ifNull(toFloat64OrNull(text) <= toFloat64OrNull(wanted), 0)),
                            arrayMap(condition -> texts[indexOf(fields, condition[1])], conditions[number]),
                            arrayMap(condition -> condition[2], conditions[number]),
                            arrayMap(condition -> decodeURLComponent(condition[3]), conditions[number])),
                    range(1, length({steps:Array(String)}) + 1)))))     AS done
        FROM footfall.events
        LEFT ANY JOIN
        (
            SELECT anonymous_id, argMax(user_id, (linked_at, block_id)) AS user_id
            FROM footfall.identities
            GROUP BY anonymous_id
        ) AS linked ON events.user_id = linked.anonymous_id
        WHERE events.user_id != 0
            AND event_type IN arrayMap(step -> splitByChar('?', step)[1], {steps:Array(String)})
            AND event_date >= toDate({from:DateTime64(3, 'UTC')})
            AND event_date <= toDate({to:DateTime64(3, 'UTC')})
            AND event_timestamp >= {from:DateTime64(3, 'UTC')}
            AND event_timestamp < {to:DateTime64(3, 'UTC')}
            AND {part:context_filters}
