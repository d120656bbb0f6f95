## Plain
SELECT 1
;;
SELECT version(), timezone()
;;
SELECT currentDatabase(), currentUser(), now(), today()
;;
SELECT name, value, readonly FROM system.settings LIMIT 10000
;;
SELECT 1 AS check FORMAT Native
;;
SELECT name FROM system.tables WHERE database = 'footfall'
;;
SELECT name, type FROM system.columns WHERE table = 'events'
;;
SELECT count() FROM system.parts WHERE active AND database = 'footfall'
;;
SELECT name, alias_to FROM system.functions WHERE is_aggregate
;;
SELECT name FROM system.databases
;;
SELECT name, type FROM system.data_skipping_indices WHERE table = 'events'
;;
SELECT name FROM system.projections WHERE table = 'events'
;;
SELECT dummy FROM system.one
;;
SHOW TABLES
;;
SHOW TABLES FROM footfall
;;
SHOW TABLES LIKE 'ev%'
;;
SHOW DATABASES
;;
SHOW COLUMNS FROM events
;;
SHOW CREATE TABLE footfall.events
;;
SHOW CREATE TABLE events FORMAT TSVRaw
;;
DESCRIBE TABLE footfall.events
;;
DESC events
;;
DESCRIBE TABLE `footfall`.`events`
 FORMAT Native
;;
EXISTS TABLE footfall.events
;;
## Words that only look bad
SELECT created_date, updated_by FROM (SELECT 1 AS created_date, 2 AS updated_by)
;;
SELECT 'file(' AS a, 'url(''http://x'')' AS b, 'DROP TABLE x; --' AS c
;;
SELECT 1 AS file, 2 AS url, 3 AS remote, 4 AS insert, 5 AS system
;;
SELECT page_url AS url FROM footfall.events WHERE page_url LIKE '%file(%' LIMIT 1
;;
SELECT 1 /* file('/etc/passwd') */ -- url('x')
;;
SELECT 'INTO OUTFILE' AS a, 'a;b' AS b
;;
SELECT `file` FROM (SELECT 1 AS `file`)
;;
SELECT "sleep" FROM (SELECT 1 AS "sleep")
;;
SELECT 1 AS `INTO OUTFILE`
;;
SELECT 'it''s', 'a\'b', 'back\\slash', 'tab\t', '日本語', '😀'
;;
SELECT 1;
;;
select lower('X') as settings
;;
SELECT event_type AS format FROM footfall.events LIMIT 1
;;
# a comment
SELECT 1
;;
## A shop's questions
SELECT event_date, event_hour, SUM(event_count) FROM mv_hourly_events WHERE event_date >= today() - 7 GROUP BY event_date, event_hour
;;
WITH agg AS (SELECT countMerge(total_events) as total, sumMerge(page_views) as views, sumMerge(purchases) as purchases FROM mv_user_funnel WHERE event_date >= today() - 30) SELECT *, purchases * 100.0 / views as conversion_rate FROM agg
;;
SELECT event_type, event_timestamp, revenue FROM events WHERE user_id = 1234 ORDER BY event_timestamp DESC LIMIT 50
;;
SELECT event_type, count() as count FROM events WHERE country IN ('US', 'UK', 'DE') AND event_date >= today() GROUP BY event_type
;;
SELECT uniqMerge(unique_users) FROM mv_hourly_events
;;
SELECT level, count() FROM (SELECT user_id, windowFunnel(86400000)(toUInt64(toUnixTimestamp64Milli(event_timestamp)), event_type = 'product_view', event_type = 'purchase') AS level FROM events WHERE user_id != 0 GROUP BY user_id) GROUP BY level ORDER BY level
;;
SELECT sequenceMatch('(?1).*(?2)')(toDateTime(event_timestamp), event_type = 'search', event_type = 'purchase') FROM events
;;
SELECT retention(event_type = 'signup', event_type = 'purchase') FROM events GROUP BY user_id
;;
SELECT toStartOfMonth(order_date) AS month, sum(total_amount) AS net FROM orders WHERE status NOT IN ('pending', 'adjusted') GROUP BY month ORDER BY month
;;
SELECT country, sum(revenue) AS revenue, revenue / nullIf(sum(revenue) OVER (), 0) AS share FROM events GROUP BY country ORDER BY revenue DESC
;;
SELECT user_id, event_timestamp, lagInFrame(event_timestamp) OVER (PARTITION BY user_id ORDER BY event_timestamp ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS previous FROM events
;;
SELECT row_number() OVER w AS n, rank() OVER w, dense_rank() OVER w, lag(revenue) OVER w, lead(revenue, 1, 0) OVER w FROM events WINDOW w AS (PARTITION BY country ORDER BY revenue DESC)
;;
SELECT * FROM (SELECT country, revenue, row_number() OVER (PARTITION BY country ORDER BY revenue DESC) AS n FROM events) WHERE n <= 3
;;
SELECT country FROM events QUALIFY row_number() OVER (PARTITION BY country) = 1
;;
SELECT quantile(0.5)(revenue), quantiles(0.5, 0.9, 0.99)(toFloat64(revenue)), median(revenue), quantileExactIf(0.9)(revenue, revenue > 0), avg(revenue), stddevPop(toFloat64(revenue)) FROM events
;;
SELECT topK(10)(page_url), topKWeighted(5)(page_url, 1), groupArray(3)(page_url), groupUniqArray(event_type), argMax(page_url, event_timestamp), anyLast(country), any(country) FROM events
;;
SELECT count(DISTINCT user_id), uniq(user_id), uniqExact(user_id), uniqCombined(12)(user_id), uniqIf(user_id, user_id != 0), sumIf(revenue, event_type = 'purchase'), countIf(revenue > 0) FROM events
;;
SELECT sum(revenue) FILTER (WHERE event_type = 'purchase') FROM events
;;
SELECT JSONExtractString(properties, 'plan'), JSONExtractInt(properties, 'a', 'b'), JSONHas(properties, 'x'), JSONExtract(properties, 'n', 'Nullable(UInt64)'), JSONExtractRaw(properties), JSONExtractArrayRaw(properties, 'l'), JSON_VALUE(properties, '$.a.b'), simpleJSONExtractString(properties, 'x'), isValidJSON(properties) FROM events
;;
SELECT arrayMap(x -> x * 2, [1, 2]), arrayFilter((x, y) -> x > y, [1, 2], [0, 5]), arraySum(x -> x, [1]), arrayReduce('sum', [1, 2]), arrayReduce('quantile(0.5)', [1, 2]), arrayJoin([1, 2]), arraySort([2, 1]), arrayZip([1], [2]), has([1], 1), range(5)
;;
SELECT map('a', 1)['a'], mapKeys(map('a', 1)), (1, 'x').2, tuple(1, 2), [1, 2, 3][2], CAST([(1, 'a')], 'Array(Tuple(n UInt8, s String))')
;;
SELECT toDate('2026-01-01'), toDateTime('2026-01-01 00:00:00', 'Europe/Berlin'), toDateTime64('2026-01-01 00:00:00.123', 3, 'UTC'), parseDateTimeBestEffort('2026-01-01T00:00:00Z'), formatDateTime(now(), '%F'), dateDiff('day', today(), yesterday()), date_trunc('month', now()), toStartOfInterval(now(), INTERVAL 15 MINUTE), now() - INTERVAL 7 DAY, addMonths(today(), 1), toYYYYMM(today()), EXTRACT(YEAR FROM today()), toISOWeek(today()), toUnixTimestamp64Milli(now64(3)), age('year', today(), today())
;;
SELECT DATE '2026-01-01' + INTERVAL '1 day', TIMESTAMP '2026-01-01 00:00:00'
;;
SELECT domain(page_url), path(page_url), cutQueryString(page_url), extractURLParameter(page_url, 'q'), replaceRegexpAll(page_url, '\\d+', 'N'), splitByChar('/', page_url), match(page_url, '^/p'), page_url LIKE '/p%', page_url ILIKE '%X%', positionCaseInsensitive(page_url, 'x'), substring(page_url, 1, 3), lower(page_url), concat(page_url, 'x'), page_url || 'y', extract(page_url, '(\\d+)'), length(page_url), lengthUTF8(page_url), trim(page_url), leftPad('1', 3, '0'), format('{}-{}', '1', '2') FROM events
;;
SELECT CASE WHEN revenue > 100 THEN 'big' WHEN revenue > 0 THEN 'small' ELSE 'none' END AS size, if(revenue > 0, 1, 0), multiIf(revenue > 1, 'a', 'b'), coalesce(NULL, 1), ifNull(NULL, 2), nullIf(1, 1), greatest(1, 2), least(1, 2), CASE country WHEN 'US' THEN 1 ELSE 0 END FROM events
;;
SELECT CAST(1 AS String), 1::UInt8, CAST('1', 'Decimal(18, 4)'), toDecimal64('1.5', 4), toString(1), toFloat64OrNull('x'), toUInt64OrZero('1'), CAST(NULL AS Nullable(DateTime64(3, 'UTC'))), CAST('a' AS Enum8('a' = 1, 'b' = -2)), CAST('x' AS LowCardinality(String)), CAST(map('a', 1) AS Map(String, UInt64))
;;
SELECT round(1.234, 2), floor(1.5), ceil(1.5), abs(-1), sqrt(2), log(2), exp(1), pow(2, 3), 7 % 3, intDiv(7, 2), 1 / 0, -1, 2 * 3 + 4, modulo(7, 3), bitAnd(1, 3)
;;
SELECT bar(1, 0, 10, 10), formatReadableSize(1024), formatReadableQuantity(1000000), formatReadableTimeDelta(100), sparkbar(5)(1, 1)
;;
SELECT cityHash64('x'), sipHash64('x'), MD5('x'), hex(SHA256('x')), generateUUIDv4(), toUUID('00000000-0000-0000-0000-000000000000'), rand()
;;
SELECT DISTINCT country FROM events ORDER BY country
;;
SELECT DISTINCT ON (country) country, page_url FROM events ORDER BY country, event_timestamp DESC
;;
SELECT country, event_type, count() FROM events GROUP BY country, event_type WITH ROLLUP
;;
SELECT country, event_type, count() FROM events GROUP BY CUBE(country, event_type) WITH TOTALS
;;
SELECT country, event_type, count(), grouping(country) FROM events GROUP BY GROUPING SETS ((country), (event_type), ())
;;
SELECT country, count() FROM events GROUP BY ALL HAVING count() > 1 ORDER BY ALL
;;
SELECT event_date, count() FROM events GROUP BY event_date ORDER BY event_date WITH FILL FROM toDate('2026-01-01') TO toDate('2026-01-05') STEP 1
;;
SELECT event_type, country, count() AS n FROM events GROUP BY event_type, country ORDER BY n DESC LIMIT 2 BY event_type LIMIT 10 OFFSET 1
;;
SELECT count() FROM events ORDER BY 1 LIMIT 3 WITH TIES
;;
SELECT e.event_type, o.status FROM events AS e INNER JOIN orders AS o ON e.order_id = o.order_id WHERE e.revenue > 0
;;
SELECT * FROM events AS e LEFT ANY JOIN (SELECT anonymous_id, user_id FROM identities) AS i ON e.user_id = i.anonymous_id LIMIT 1
;;
SELECT count() FROM orders AS a SEMI LEFT JOIN users AS b USING (user_id)
;;
SELECT count() FROM orders AS a LEFT ANTI JOIN users AS b USING (user_id)
;;
SELECT a.n, b.n FROM (SELECT 1 AS n) AS a CROSS JOIN (SELECT 2 AS n) AS b
;;
SELECT count() FROM events AS a ASOF JOIN orders AS b ON a.user_id = b.user_id AND a.event_timestamp >= b.order_timestamp
;;
SELECT number, x FROM (SELECT 1 AS number, [1, 2] AS arr) ARRAY JOIN arr AS x
;;
SELECT user_id FROM events WHERE user_id IN (SELECT user_id FROM orders) AND user_id NOT IN (1, 2)
;;
SELECT 1 WHERE EXISTS (SELECT 1 FROM events)
;;
SELECT (SELECT max(revenue) FROM events) AS top, revenue FROM events WHERE revenue = top
;;
SELECT user_id FROM events WHERE (event_type, event_date) IN (SELECT event_type, event_date FROM events)
;;
WITH 5 AS n, (SELECT 1) AS one SELECT n + one
;;
WITH x -> x * 2 AS double SELECT double(4)
;;
WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r
;;
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT y FROM b
;;
SELECT 1 UNION ALL SELECT 2 UNION DISTINCT SELECT 3
;;
SELECT 1 INTERSECT SELECT 1
;;
SELECT 1 EXCEPT SELECT 2
;;
(SELECT 1) UNION ALL (SELECT 2)
;;
SELECT * EXCEPT (properties) REPLACE (upper(country) AS country) FROM events LIMIT 1
;;
SELECT COLUMNS('^utm') APPLY(lower) FROM events LIMIT 1
;;
SELECT COLUMNS('revenue|value') APPLY(sum), COLUMNS('revenue') APPLY(x -> x + 1) FROM events GROUP BY revenue
;;
SELECT number FROM numbers(10)
;;
SELECT * FROM generateSeries(1, 5)
;;
SELECT toDate('2026-01-01') + number AS day FROM numbers(7) ORDER BY day
;;
FROM events SELECT count()
;;
SELECT count() FROM users SETTINGS max_threads = 1
;;
SELECT count() FROM events SETTINGS max_threads = 1, use_query_condition_cache = 0 FORMAT JSON
;;
SELECT count() FROM events FORMAT JSONEachRow SETTINGS max_execution_time = 5
;;
SELECT x, any(x) OVER (ORDER BY x ROWS 1 PRECEDING) FROM (SELECT arrayJoin([1, 2, 3]) AS x) SETTINGS max_threads = 1
;;
SELECT count() FROM current_users
;;
SELECT country, uniqMerge(unique_users), sum(revenue) FROM mv_country_stats GROUP BY country
;;
SELECT product_id, sum(total_revenue) FROM mv_product_revenue GROUP BY product_id
;;
SELECT sumState(1), sumMerge(s) FROM (SELECT sumState(2) AS s)
;;
SELECT finalizeAggregation(s) FROM (SELECT uniqState(1) AS s)
;;
SELECT toTypeName(1), toTypeName(NULL), materialize(1), identity(2), ignore(1, 2)
;;
SELECT sumMap(map('a', 1)), minMap(map('a', 1)), groupBitOr(1), corr(toFloat64(1), toFloat64(2)), entropy(1), groupConcat(',')('x'), maxIntersections(1, 2), deltaSum(1), first_value(1), simpleLinearRegression(1, 2), exponentialMovingAverage(1)(1, 1), sumForEach([1, 2]), avgOrNull(1), sumDistinct(1), argMinIf(1, 2, 1), countResample(0, 10, 1)(1, 1)
;;
## Plans
EXPLAIN SELECT count() FROM events
;;
EXPLAIN indexes = 1, projections = 1 SELECT * FROM events WHERE user_id = 1
;;
EXPLAIN indexes=1, projections=1
SELECT event_type FROM footfall.events WHERE country = 'US'
 FORMAT Native
;;
EXPLAIN PIPELINE SELECT count() FROM events
;;
EXPLAIN ESTIMATE SELECT count() FROM events WHERE country = 'US'
;;
EXPLAIN SYNTAX SELECT count() FROM events
;;
EXPLAIN AST SELECT count() FROM events

;;
## Functions by their bare names
SELECT arrayMap(upper, ['a']), arrayFilter(isNotNull, [1, NULL]), arraySort(negate, [1, 2]), arrayMap(plus, [1], [2])
;;
SELECT lower(file), length(url) FROM (SELECT 'A' AS file, 'b' AS url)
;;
SELECT hasAny(groupArray(country), ['US', 'DE']), hasAll(['a', 'b'], groupArray(event_type)) FROM events
;;
WITH x -> x * 2 AS double SELECT arrayMap(double, [1, 2]), arraySum(double, [1, 2])
;;
SELECT arraySum(file), arrayMax(n), arraySort(n), arrayConcat(file, n), arrayElement(file, 1), mapKeys(tid) FROM (SELECT [1] AS file, [2] AS n, map('a', 1) AS tid)
;;
SELECT arrayMap(x -> x + number, [1, 2]) FROM numbers(3)
;;
## An analyst's week
SELECT toStartOfWeek(event_date) AS week, uniqExact(user_id) AS users, countIf(event_type = 'purchase') AS purchases, round(purchases / users, 3) AS per_user FROM events GROUP BY week ORDER BY week
;;
WITH first AS (SELECT user_id, min(event_date) AS cohort FROM events WHERE user_id != 0 GROUP BY user_id) SELECT cohort, dateDiff('day', cohort, event_date) AS age, uniqExact(user_id) AS users FROM events INNER JOIN first USING (user_id) GROUP BY cohort, age ORDER BY cohort, age
;;
SELECT sum(r[1]) AS came, sum(r[2]) AS came_back FROM (SELECT user_id, retention(event_date = '2026-01-01', event_date = '2026-01-02') AS r FROM events GROUP BY user_id)
;;
SELECT level, count() AS users FROM (SELECT user_id, windowFunnel(86400000)(toUInt64(toUnixTimestamp64Milli(event_timestamp)), event_type = 'page_view', event_type = 'add_to_cart', event_type = 'purchase') AS level FROM events GROUP BY user_id) GROUP BY level ORDER BY level
;;
SELECT sumIf(1, sequenceMatch('(?1).*(?2)')(toDateTime(event_timestamp), event_type = 'page_view', event_type = 'purchase')) OVER () FROM events GROUP BY user_id ORDER BY 1 LIMIT 1
;;
SELECT e.event_id, o.order_id FROM events AS e ASOF LEFT JOIN orders AS o ON e.user_id = o.user_id AND e.event_timestamp >= o.order_timestamp ORDER BY e.event_id LIMIT 5
;;
SELECT session_id, groupArray(event_type) AS path FROM (SELECT session_id, event_type FROM events ORDER BY session_id, event_timestamp) GROUP BY session_id ORDER BY session_id LIMIT 5
;;
SELECT arrayStringConcat(arrayCompact(groupArray(event_type)), ' > ') AS path, count() AS sessions FROM (SELECT * FROM events ORDER BY event_timestamp, event_id) GROUP BY session_id ORDER BY path LIMIT 10
;;
SELECT user_id, event_timestamp, dateDiff('minute', lagInFrame(event_timestamp, 1, event_timestamp) OVER (PARTITION BY user_id ORDER BY event_timestamp, event_id), event_timestamp) > 30 AS starts_session FROM events ORDER BY user_id, event_timestamp, event_id LIMIT 20
;;
SELECT country, revenue, sum(revenue) OVER (PARTITION BY country ORDER BY event_timestamp, event_id) AS so_far, avg(revenue) OVER (PARTITION BY country ORDER BY event_timestamp, event_id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving FROM events ORDER BY country, event_timestamp, event_id LIMIT 20
;;
SELECT country, ntile(4) OVER (ORDER BY sum(revenue), country) AS quarter, percent_rank() OVER (ORDER BY sum(revenue)) FROM events GROUP BY country ORDER BY country
;;
SELECT event_date, sum(revenue) AS net, sum(net) OVER (ORDER BY event_date ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week FROM events GROUP BY event_date ORDER BY event_date
;;
SELECT product_id, r, sum(share) OVER (ORDER BY r DESC, product_id) AS pareto FROM (SELECT product_id, sum(revenue) AS r, r / nullIf(sum(r) OVER (), 0) AS share FROM events GROUP BY product_id) ORDER BY r DESC, product_id LIMIT 10
;;
SELECT a.product_id, b.product_id, uniqExact(a.session_id) AS together FROM events AS a INNER JOIN events AS b ON a.session_id = b.session_id WHERE a.product_id < b.product_id GROUP BY a.product_id, b.product_id ORDER BY together DESC, 1, 2 LIMIT 10
;;
SELECT user_id, count() AS frequency, sum(revenue) AS monetary, max(event_date) AS recency, multiIf(frequency > 20, 'often', frequency > 5, 'sometimes', 'seldom') AS segment FROM events GROUP BY user_id ORDER BY user_id LIMIT 10
;;
SELECT utm_source, utm_medium, uniq(session_id) AS sessions, countIf(event_type = 'purchase') AS orders, orders / sessions AS conversion FROM events GROUP BY ALL ORDER BY ALL
;;
SELECT argMin(utm_source, event_timestamp) AS first_touch, argMax(utm_source, event_timestamp) AS last_touch, sum(revenue) FROM events GROUP BY user_id ORDER BY user_id LIMIT 10
;;
SELECT toHour(event_timestamp) AS hour, toDayOfWeek(event_date) AS day, count() FROM events GROUP BY hour, day ORDER BY hour, day
;;
SELECT toStartOfFifteenMinutes(event_timestamp) AS slot, count() FROM events GROUP BY slot ORDER BY slot WITH FILL STEP INTERVAL 15 MINUTE LIMIT 10
;;
SELECT event_date AS d, count() AS n FROM events GROUP BY d ORDER BY d WITH FILL FROM toDate('2026-01-01') TO toDate('2026-01-10') INTERPOLATE (n AS 0)
;;
SELECT quantilesExact(0.25, 0.5, 0.75)(revenue), medianExact(revenue), stddevSamp(toFloat64(revenue)), skewPop(toFloat64(revenue)), kurtPop(toFloat64(revenue)) FROM events
;;
SELECT histogram(5)(toFloat64(revenue)) FROM (SELECT revenue FROM events ORDER BY event_id)
;;
SELECT corr(toFloat64(revenue), toFloat64(quantity)), covarPop(toFloat64(revenue), toFloat64(quantity)), simpleLinearRegression(toFloat64(quantity), toFloat64(revenue)) FROM events SETTINGS max_threads = 1
;;
SELECT studentTTest(0.95)(toFloat64(revenue), user_id % 2), welchTTest(toFloat64(revenue), user_id % 2), meanZTest(1., 1., 0.95)(toFloat64(revenue), user_id % 2) FROM events SETTINGS max_threads = 1
;;
SELECT proportionsZTest(10, 12, 100, 100, 0.95, 'unpooled'), minSampleSizeConversion(0.2, 0.05, 0.8, 0.05)
;;
SELECT cramersV(event_type, country), theilsU(event_type, country), entropy(event_type), contingency(event_type, device_type) FROM events
;;
SELECT JSONExtractString(properties, 'plan') AS plan, JSONExtractUInt(properties, 'n') AS n, count() FROM events GROUP BY plan, n ORDER BY plan, n LIMIT 10
;;
SELECT arrayJoin(JSONExtractKeys(properties)) AS key, count() FROM events GROUP BY key ORDER BY key
;;
SELECT JSON_VALUE(properties, '$.plan'), JSON_EXISTS(properties, '$.n'), JSONType(properties, 'n'), JSONLength(properties), JSONExtract(properties, 'Tuple(plan String, n UInt8)') FROM events ORDER BY event_id LIMIT 3
;;
SELECT mapFromArrays(groupArray(event_type), groupArray(n)) AS counts, counts['purchase'] FROM (SELECT event_type, count() AS n FROM events GROUP BY event_type ORDER BY event_type)
;;
SELECT arrayMap((k, v) -> (k, v), mapKeys(m), mapValues(m)), mapContains(m, 'a'), mapApply((k, v) -> (k, v * 2), m), mapFilter((k, v) -> v > 1, m) FROM (SELECT map('a', 1, 'b', 2) AS m)
;;
SELECT arrayCumSum([1, 2, 3]), arrayDifference([1, 4, 9]), arrayEnumerate(['a', 'b']), arrayDistinct([1, 1, 2]), arrayReverse([1, 2]), arraySlice([1, 2, 3], 2), arrayExists(x -> x > 1, [1, 2]), arrayFirst(x -> x > 1, [1, 2]), arrayZip(['a'], [1]), arrayFlatten([[1], [2, 3]]), indexOf(['a', 'b'], 'b'), arrayIntersect([1, 2], [2, 3]), arrayUniq([1, 1]), arrayPushBack([1], 2), arrayConcat([1], [2]), arrayAvg([1, 2]), arrayMin([1, 2]), arrayMax([2, 1]), arrayRotateLeft([1, 2, 3], 1)
;;
SELECT splitByChar(',', 'a,b'), splitByString('--', 'a--b'), arrayStringConcat(['a', 'b'], '-')
;;
SELECT extractAll('a1b22', '\\d+'), extractAllGroupsVertical('k=v;x=y', '(\\w)=(\\w)'), replaceOne('aa', 'a', 'b'), replaceAll('aa', 'a', 'b'), replaceRegexpOne('a1', '\\d', 'x'), countSubstrings('abab', 'ab'), position('abc', 'c'), multiSearchAny('abc', ['x', 'c']), match('abc', '^a'), like('abc', 'a%'), startsWith('abc', 'a'), endsWith('abc', 'c'), substringIndex('a.b.c', '.', 2), initcap('a b'), reverse('abc'), repeat('ab', 3), leftPad('7', 3, '0'), concat('a', 'b'), trim(' a '), upper('a'), lowerUTF8('Ä'), lengthUTF8('日本'), empty(''), notEmpty('a'), base64Encode('a'), hex('a'), format('{}-{}', 'a', 'b'), soundex('Robert'), tokens('a b c'), normalizeUTF8NFC('ä'), translate('abc', 'ab', 'xy'), toValidUTF8('a')
;;
SELECT domain('https://www.shop.example/a/b?c=d#e'), domainWithoutWWW('https://www.shop.example/'), topLevelDomain('https://shop.example/'), protocol('https://x/'), path('https://x/a?b'), queryString('https://x/?b=c'), extractURLParameter('https://x/?b=c', 'b'), extractURLParameterNames('https://x/?b=c&d=e'), cutQueryString('https://x/?b'), cutURLParameter('https://x/?b=c&d=e', 'b'), decodeURLComponent('a%20b'), firstSignificantSubdomain('https://www.shop.example/'), port('http://x:80/')
;;
SELECT toStartOfHour(t), toStartOfDay(t), toStartOfQuarter(t), toStartOfYear(t), toMonday(t), toLastDayOfMonth(t), toYear(t), toQuarter(t), toMonth(t), toDayOfMonth(t), toDayOfYear(t), toISOWeek(t), toYYYYMMDD(t), addDays(t, 1), subtractMonths(t, 1), dateDiff('hour', t, t + INTERVAL 5 HOUR), date_trunc('week', t), formatDateTime(t, '%Y-%m-%d %H:%i'), toUnixTimestamp(t), toTimeZone(t, 'America/New_York'), age('month', t, t + INTERVAL 45 DAY), toRelativeDayNum(t), timeSlot(t), monthName(t), dateName('weekday', t), makeDate(2026, 1, 2), parseDateTime('2026-01-02', '%Y-%m-%d', 'UTC'), toDateTime64('2026-01-01 00:00:00.5', 3, 'UTC'), fromUnixTimestamp(0) FROM (SELECT toDateTime('2026-01-15 10:20:30', 'UTC') AS t)
;;
SELECT toDecimal64(1.005, 2), round(2.5), roundBankers(2.5), floor(-1.5), ceil(1.2), trunc(1.9), roundDown(7, [0, 5, 10]), intDiv(7, 2), 7 MOD 3, greatest(1, 2), least(1, 2), clamp(5, 1, 3), sign(-2), abs(-3), sqrt(9), cbrt(27), pow(2, 3), exp(0), log2(8), log10(100), gcd(4, 6), lcm(4, 6), factorial(5), pi(), e(), isNaN(0 / 0), ifNotFinite(1 / 0, 0), widthBucket(5, 0, 10, 5), divideOrNull(1, 0)
;;
SELECT if(1, 'a', 'b'), multiIf(0, 'a', 1, 'b', 'c'), coalesce(NULL, 'x'), ifNull(NULL, 1), nullIf(1, 1), isNull(NULL), assumeNotNull(toNullable(1)), transform(1, [1, 2], ['one', 'two'], 'other'), toBool(1), xor(1, 0), 1 BETWEEN 0 AND 2, 1 IS NOT NULL, 'a' IN ('a', 'b'), (1, 2) IN ((1, 2)), NOT 0
;;
SELECT IPv4NumToString(toUInt32(16909060)), toIPv4('1.2.3.4'), isIPAddressInRange('10.0.0.1', '10.0.0.0/8'), greatCircleDistance(0, 0, 1, 1), geohashEncode(10., 50., 5)
;;
SELECT cityHash64('a'), sipHash64('a'), xxHash64('a'), murmurHash3_32('a'), MD5('a') = unhex('0cc175b9c0f1b6a831c399e269772661'), hex(SHA256('a')), CRC32('a'), javaHash('a'), farmHash64('a')
;;
SELECT groupUniqArray(country) != [], length(topK(3)(page_url)), anyHeavy(country) != '', sumWithOverflow(quantity), groupBitmap(toUInt32(user_id)), uniqHLL12(user_id) > 0, uniqCombined64(user_id) > 0, quantileTDigest(0.5)(toFloat64(revenue)) >= 0, avgWeighted(toFloat64(revenue), quantity + 1) >= 0, sumMap(map(event_type, 1)), maxIf(revenue, country = 'US'), minOrNull(revenue), countDistinct(country), groupArraySorted(3)(user_id), groupConcat(', ')(DISTINCT currency) FROM events
;;
SELECT rowNumberInAllBlocks(), number FROM numbers(3) SETTINGS max_threads = 1
;;
SELECT country, count() FROM events GROUP BY country HAVING count() > (SELECT count() / 10 FROM events) ORDER BY country
;;
SELECT * FROM (SELECT event_type, count() AS n FROM events GROUP BY event_type) AS a FULL OUTER JOIN (SELECT 'page_view' AS event_type, 1 AS x) AS b ON a.event_type = b.event_type ORDER BY a.event_type, x
;;
SELECT o.status, count(), sum(o.total_amount) FROM orders AS o LEFT JOIN current_users AS u ON o.user_id = u.user_id GROUP BY o.status ORDER BY o.status
;;
SELECT name, category FROM current_products ORDER BY name LIMIT 5
;;
SELECT tupleElement((1, 'a'), 2), untuple((1, 2)), tupleConcat((1,), (2,)), (1, 2) < (1, 3)
;;
SELECT created_date, url, file, system, remote, `drop`, `insert` FROM (SELECT '2026-01-01' AS created_date, 'file:///etc/passwd' AS url, 'INSERT INTO x' AS file, 'SELECT * FROM system.users' AS system, 's3(''x'')' AS remote, ';' AS `drop`, '--' AS `insert`)
;;
SELECT count() FROM events WHERE page_url LIKE '%url(%' OR page_url LIKE '%; DROP TABLE%' OR search_term = 'INTO OUTFILE' OR properties LIKE '%/* file( */%'
;;
SELECT 1 AS "select", 2 AS `from`, 3 AS "user", 4 AS "file(x)", 'select' AS `a;b` -- url('http://x')
;;
SELECT $$it's file('/etc/passwd')$$ AS a, $tag$ ; DROP TABLE x $tag$ AS b, x'41' AS c, b'01000001' AS d, 0x1F AS e, 1e3 AS f, 0b11 AS g
;;
SELECT count() FROM events FORMAT Null
;;
SELECT 1 SETTINGS max_threads = 1 FORMAT Null
;;
EXPLAIN SELECT 1 FORMAT Null
;;
FROM events |> WHERE revenue > 0 |> SELECT count()
