INSERT INTO footfall.events (event_id, event_type, event_timestamp, user_id, session_id, product_id,
    page_url, utm_source, device_type, country, revenue, currency, quantity, properties)
SELECT toUUID(concat('00000000-0000-4000-8000-', leftPad(toString(number), 12, '0'))),
    ['page_view', 'add_to_cart', 'purchase', 'search'][number % 4 + 1],
    toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + number * 1111, number % 37 + 1, concat('s', toString(number % 61)),
    number % 11, concat('https://shop.example/p/', toString(number % 5), '?q=', toString(number % 3)),
    ['google', 'mail', ''][number % 3 + 1], ['mobile', 'desktop'][number % 2 + 1], ['US', 'DE', 'FR'][number % 3 + 1],
    toDecimal64(if(number % 4 = 2, number % 97, 0), 4), 'USD', number % 3 + 1,
    concat('{"plan":"', ['a', 'b'][number % 2 + 1], '","n":', toString(number % 7), '}')
FROM numbers(500)
