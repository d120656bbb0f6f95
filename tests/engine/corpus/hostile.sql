## Files
SELECT file('/etc/passwd')
;;
SELECT file('../../../../etc/passwd', 'x')
;;
SELECT `file`('/etc/passwd')
;;
SELECT "file"('/etc/passwd')
;;
SELECT file/**/('/etc/passwd')
;;
SELECT file -- comment
('/etc/passwd')
;;
SELECT 1, (SELECT file('/etc/passwd')) AS x
;;
SELECT * FROM file('/etc/passwd', 'LineAsString')
;;
SELECT * FROM file('/etc/passwd', LineAsString, 'line String')
;;
SELECT * FROM fileCluster('c', '/etc/passwd', 'LineAsString')
;;
SELECT * FROM filesystem('/etc')
;;
SELECT * FROM `file`('/etc/passwd', 'LineAsString')
;;
SELECT * FROM '/etc/passwd'
;;
SELECT * FROM "/etc/passwd" FORMAT x.y
;;
FROM file('/etc/passwd', 'LineAsString') SELECT *
;;
SELECT 1 INTO OUTFILE '/tmp/x'
;;
SELECT 1 INTO OUTFILE '/tmp/x' FORMAT CSV
;;
SELECT 1 INTO OUTFILE '/tmp/x' APPEND
;;
SELECT 1 INTO OUTFILE '/tmp/x' TRUNCATE FORMAT TSV
;;
SELECT 1 INTO OUTFILE '/tmp/x' AND STDOUT
;;
SELECT 1 INTO /* */ OUTFILE '/tmp/x' COMPRESSION 'gzip' LEVEL 3
;;
SHOW TABLES INTO OUTFILE '/tmp/x'
;;
EXPLAIN SELECT 1 INTO OUTFILE '/tmp/x'
;;
DESCRIBE TABLE footfall.events INTO OUTFILE '/tmp/x'
;;
SELECT filesystemAvailable()
;;
SELECT filesystemCapacity('default')
;;
SELECT showCertificate()
;;
SELECT * FROM sqlite('/tmp/x.db', 't')
;;
SELECT * FROM icebergLocal('/etc')
;;
SELECT * FROM deltaLakeLocal('/etc')
;;
SELECT * FROM paimonLocal('/etc')
;;
SELECT * FROM loop(file('/etc/passwd', 'LineAsString'))
;;
SELECT * FROM mergeTreeIndex('footfall', 'events')
;;
SELECT * FROM mergeTreeProjection('footfall', 'events', 'proj_by_user')
;;
DESCRIBE TABLE file('/etc/passwd', 'LineAsString')
;;
DESC file('/etc/passwd')
;;
DESCRIBE (SELECT file('/etc/passwd'))
;;
DESCRIBE TABLE (SELECT 1)
;;
EXPLAIN SELECT file('/etc/passwd')
;;
EXPLAIN QUERY TREE SELECT file('/etc/passwd')
;;
EXPLAIN AST optimize=1 SELECT file('/etc/passwd')
;;
EXPLAIN SYNTAX SELECT file('/etc/passwd')
;;
EXPLAIN PIPELINE SELECT * FROM file('/etc/passwd', 'LineAsString')
;;
EXPLAIN ESTIMATE SELECT * FROM file('/etc/passwd', 'LineAsString')
;;
EXPLAIN indexes = 1 SELECT * FROM url('http://127.0.0.1/', 'CSV', 'a String')
;;
EXPLAIN TABLE OVERRIDE file('/etc/passwd') COLUMNS (a String)
;;
EXPLAIN EXPLAIN SELECT 1
;;
EXPLAIN INSERT INTO footfall.events SELECT * FROM footfall.events
;;
EXPLAIN CURRENT TRANSACTION
;;
SELECT * FROM (EXPLAIN SELECT file('/etc/passwd'))
;;
SELECT * FROM viewExplain('EXPLAIN', '', (SELECT 1))
;;
## Network
SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')
;;
SELECT * FROM urlCluster('c', 'http://127.0.0.1:1/', 'CSV', 'a String')
;;
SELECT * FROM s3('http://127.0.0.1:1/b/k', 'CSV')
;;
SELECT * FROM s3Cluster('c', 'http://127.0.0.1:1/b/k', 'CSV')
;;
SELECT * FROM gcs('http://127.0.0.1:1/b/k')
;;
SELECT * FROM azureBlobStorage('http://127.0.0.1:1/', 'c', 'b')
;;
SELECT * FROM hdfs('hdfs://127.0.0.1:1/x', 'CSV', 'a String')
;;
SELECT * FROM remote('127.0.0.1:1', 'system', 'one')
;;
SELECT * FROM remote('127.0.0.1:1', system.one)
;;
SELECT * FROM remoteSecure('127.0.0.1:1', system.one)
;;
SELECT * FROM cluster('default', system.one)
;;
SELECT * FROM clusterAllReplicas('default', system.one)
;;
SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')
;;
SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')
;;
SELECT * FROM mongodb('127.0.0.1:1', 'd', 'c', 'u', 'p', 'a String')
;;
SELECT * FROM redis('127.0.0.1:1', 'k', 'k String')
;;
SELECT * FROM jdbc('x', 'y', 'z')
;;
SELECT * FROM odbc('x', 'y', 'z')
;;
SELECT * FROM bigquery('x', 'y', 'z')
;;
SELECT * FROM iceberg('http://127.0.0.1:1/b')
;;
SELECT * FROM deltaLake('http://127.0.0.1:1/b')
;;
SELECT * FROM hudi('http://127.0.0.1:1/b')
;;
SELECT * FROM prometheusQuery('a', 'b', now())
;;
SELECT * FROM ytsaurus('http://127.0.0.1:1', '//x', 'a String')
;;
SELECT * FROM arrowstream('x')
;;
SELECT aiGenerate('say hello')
;;
SELECT AIGenerate('x', 'y')
;;
SELECT aiEmbed('x')
;;
DESCRIBE TABLE url('http://127.0.0.1:1/', 'CSV', 'a String')
;;
DESCRIBE TABLE s3('http://127.0.0.1:1/b/k')
;;
DESCRIBE TABLE remote('127.0.0.1:1', system.one)
;;
## Programs and Python
SELECT * FROM executable('x.sh', 'TSV', 'a String')
;;
SELECT * FROM python('x')
;;
SELECT * FROM Python(sys)
;;
SELECT chdb('SELECT 1')
;;
SELECT * FROM eval('SELECT 1')
;;
SELECT * FROM input('a String')
;;
SELECT flameGraph(1)
;;
SELECT addressToLine(1)
;;
SELECT addressToSymbol(94834867)
;;
SELECT demangle('x')
;;
SELECT tid()
;;
SELECT logTrace('x')
;;
SELECT buildId()
;;
## Other tables and databases
SELECT * FROM system.users
;;
SELECT * FROM system.processes
;;
SELECT * FROM system.query_log
;;
SELECT * FROM system.text_log
;;
SELECT * FROM system.environment
;;
SELECT * FROM system.server_settings
;;
SELECT * FROM system.named_collections
;;
SELECT * FROM system.disks
;;
SELECT * FROM system.storage_policies
;;
SELECT * FROM system.stack_trace
;;
SELECT * FROM system.symbols
;;
SELECT * FROM system.certificates
;;
SELECT * FROM system.detached_parts
;;
SELECT * FROM system.remote_data_paths
;;
SELECT * FROM system.zeros_mt
;;
SELECT * FROM `system`.`users`
;;
SELECT * FROM "system"."users"
;;
SELECT * FROM system . users
;;
SELECT * FROM system./* */users
;;
SELECT * FROM footfall_private.contacts
;;
SELECT count() FROM footfall_private.dead_letters
;;
SELECT * FROM default.x
;;
SELECT * FROM information_schema.tables
;;
SELECT * FROM INFORMATION_SCHEMA.TABLES
;;
SELECT * FROM footfall.events JOIN footfall_private.contacts USING (user_id)
;;
SELECT * FROM footfall.events, system.users
;;
SELECT 1 WHERE 1 IN (SELECT user_id FROM footfall_private.contacts)
;;
SELECT 1 IN system.users
;;
SELECT 'x' IN footfall_private.contacts
;;
SELECT 'x' NOT IN (system.users)
;;
SELECT 'x' GLOBAL IN system.users
;;
SELECT 'x' GLOBAL NOT IN (system.users)
;;
SELECT in('x', system.users)
;;
SELECT nullIn('x', system.users)
;;
SELECT arrayMap(x -> x IN system.users, ['default'])
;;
WITH t AS (SELECT * FROM system.users) SELECT * FROM t
;;
WITH (SELECT count() FROM system.users) AS n SELECT n
;;
SELECT * FROM merge('system', '.*')
;;
SELECT * FROM merge('footfall_private', 'contacts')
;;
SELECT * FROM merge('.*')
;;
SELECT * FROM view(SELECT * FROM system.users)
;;
SELECT * FROM viewIfPermitted(SELECT 1 ELSE null('a UInt8'))
;;
SELECT * FROM dictionary('d')
;;
SELECT dictGet('d', 'a', 1)
;;
SELECT dictGetOrDefault('footfall_private.d', 'a', 1, 2)
;;
SELECT joinGet('footfall_private.j', 'a', 1)
;;
SELECT hasColumnInTable('footfall_private', 'contacts', 'email')
;;
SELECT x IN format('CSV', '1')
;;
SELECT * FROM format(JSONEachRow, '{"a":1}')
;;
SELECT * FROM values('a String', file('/etc/passwd'))
;;
SELECT * FROM null('a UInt8')
;;
SELECT * FROM generateRandom('a UInt8') LIMIT 1
;;
SELECT * FROM zeros(10)
;;
SELECT * FROM zeros_mt(10)
;;
SELECT * FROM primes(10)
;;
SELECT * FROM fuzzJSON('x')
;;
SELECT * FROM numbers((SELECT length(file('/etc/passwd'))))
;;
SELECT * FROM numbers(length(file('/etc/passwd')))
;;
SELECT * FROM "system.users"
;;
SELECT * FROM `footfall_private.contacts`
;;
## Several statements
SELECT 1; SELECT 2
;;
SELECT 1; DROP TABLE footfall.events
;;
SELECT 1;;SELECT file('/etc/passwd')
;;
SELECT 1; -- x
SELECT 2
;;
SELECT 1 FORMAT CSV; SELECT 2
;;
## Settings that lift limits or change meaning
SELECT 1 SETTINGS max_execution_time = 0
;;
SELECT 1 SETTINGS max_execution_time = 100000
;;
SELECT 1 SETTINGS max_memory_usage = 0
;;
SELECT 1 SETTINGS max_memory_usage = 99999999999999
;;
SELECT 1 SETTINGS readonly = 0
;;
SELECT 1 SETTINGS readonly = 2
;;
SELECT 1 SETTINGS allow_introspection_functions = 1
;;
SELECT 1 SETTINGS additional_table_filters = {}
;;
SELECT 1 SETTINGS dialect = 'kusto'
;;
SELECT 1 SETTINGS timeout_overflow_mode = 'break'
;;
SELECT 1 FORMAT CSV SETTINGS max_memory_usage = 0
;;
SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)
;;
SELECT 1 UNION ALL SELECT 2 SETTINGS max_memory_usage = 0
;;
SELECT 1 SETTINGS format_schema = '/etc/passwd' FORMAT Protobuf
;;
SELECT 1 SETTINGS format_template_resultset = '/etc/passwd' FORMAT Template
;;
SELECT 1 SETTINGS unknown_setting_of_nobody = 1
;;
SELECT getSetting('max_memory_usage')
;;
SELECT getServerSetting('max_connections')
;;
SELECT @@version
;;
SELECT globalVariable('version')
;;
EXPLAIN AST graph = 1, optimize = 1 SELECT 1
;;
EXPLAIN run_query_tree_passes = 1 SELECT 1
;;
## Other kinds of statement
INSERT INTO footfall.events (user_id) VALUES (1)
;;
INSERT INTO footfall.events SELECT * FROM footfall.events
;;
INSERT INTO FUNCTION file('/tmp/x', 'CSV') SELECT 1
;;
INSERT INTO FUNCTION url('http://127.0.0.1:1/') SELECT 1
;;
WITH 1 AS x INSERT INTO footfall.events (user_id) SELECT x
;;
CREATE TABLE footfall.x (a UInt8) ENGINE = Memory
;;
CREATE TABLE x ENGINE = File(CSV, '/etc/passwd')
;;
CREATE TEMPORARY TABLE x (a UInt8)
;;
CREATE VIEW footfall.v AS SELECT file('/etc/passwd')
;;
CREATE FUNCTION f AS x -> file(x)
;;
CREATE DATABASE x
;;
CREATE DICTIONARY d (a UInt8) PRIMARY KEY a SOURCE(FILE(PATH '/etc/passwd' FORMAT CSV)) LAYOUT(FLAT()) LIFETIME(1)
;;
CREATE USER x
;;
CREATE NAMED COLLECTION x AS a = 1
;;
DROP TABLE footfall.events
;;
DROP DATABASE footfall
;;
TRUNCATE TABLE footfall.events
;;
ALTER TABLE footfall.events DELETE WHERE 1
;;
ALTER TABLE footfall.events ADD COLUMN x UInt8
;;
ALTER TABLE footfall.events UPDATE user_id = 1 WHERE 1
;;
DELETE FROM footfall.events WHERE 1
;;
UPDATE footfall.events SET user_id = 1 WHERE 1
;;
RENAME TABLE footfall.events TO footfall.x
;;
EXCHANGE TABLES footfall.events AND footfall.orders
;;
OPTIMIZE TABLE footfall.events FINAL
;;
ATTACH TABLE footfall.x
;;
DETACH TABLE footfall.events
;;
UNDROP TABLE footfall.events
;;
CHECK TABLE footfall.events
;;
KILL QUERY WHERE 1
;;
KILL MUTATION WHERE 1
;;
SYSTEM FLUSH LOGS
;;
SYSTEM SHUTDOWN
;;
SYSTEM STOP MERGES
;;
SYSTEM DROP QUERY CACHE
;;
SYSTEM RELOAD CONFIG
;;
SET max_memory_usage = 0
;;
SET readonly = 0
;;
SET ROLE ALL
;;
USE system
;;
USE footfall_private
;;
GRANT ALL ON *.* TO reader
;;
REVOKE ALL ON *.* FROM reader
;;
EXECUTE AS default SELECT 1
;;
BACKUP DATABASE footfall TO File('/tmp/x')
;;
RESTORE DATABASE footfall FROM File('/tmp/x')
;;
BEGIN TRANSACTION
;;
MOVE USER x TO y
;;
PARALLEL WITH SELECT 1
;;
SHOW PROCESSLIST
;;
SHOW USERS
;;
SHOW GRANTS
;;
SHOW SETTINGS LIKE 'x'
;;
SHOW CREATE USER default
;;
SHOW CREATE TABLE system.users
;;
SHOW CREATE TABLE footfall_private.contacts
;;
SHOW CREATE DATABASE footfall_private
;;
SHOW TABLES FROM footfall_private
;;
SHOW TABLES FROM system
;;
SHOW COLUMNS FROM contacts FROM footfall_private
;;
SHOW DICTIONARIES
;;
SHOW ACCESS
;;
SHOW CLUSTERS
;;
SHOW TABLES WHERE file('/etc/passwd') = ''
;;
SHOW COLUMNS FROM events WHERE file('/etc/passwd') = ''
;;
DESCRIBE TABLE system.users
;;
DESCRIBE TABLE footfall_private.contacts
;;
EXISTS TABLE footfall_private.contacts
;;
EXISTS TABLE system.users
;;
EXISTS DATABASE footfall_private
;;
PREPARE x
;;
COPY footfall.events TO '/tmp/x'
;;
## Where names hide
SELECT * APPLY(file) FROM (SELECT '/etc/passwd')
;;
SELECT * APPLY file FROM (SELECT '/etc/passwd')
;;
SELECT * APPLY(x -> file(x)) FROM (SELECT '/etc/passwd')
;;
SELECT COLUMNS('.*') APPLY(file) FROM (SELECT '/etc/passwd')
;;
SELECT COLUMNS('.*') APPLY(x -> upper(file(x))) FROM (SELECT '/etc/passwd')
;;
SELECT * REPLACE (file('/etc/passwd') AS a) FROM (SELECT '' AS a)
;;
SELECT q.* APPLY(file) FROM (SELECT '/etc/passwd') AS q
;;
WITH x -> file(x) AS length SELECT length('/etc/passwd')
;;
WITH (x -> file(x)) AS f SELECT f('/etc/passwd')
;;
SELECT arrayMap(x -> file(x), ['/etc/passwd'])
;;
SELECT arrayMap(file -> file('/etc/passwd'), [1])
;;
SELECT {t:Identifier} FROM footfall.events
;;
SELECT * FROM {t:Identifier}
;;
SELECT * FROM {d:Identifier}.users
;;
SELECT 1 IN {t:Identifier}
;;
FROM footfall.events |> WHERE file('/etc/passwd') = '' |> SELECT 1
;;
FROM system.users |> SELECT *
;;
SELECT 1 AS x, 2 AS y WHERE x = 1 AND y = (SELECT length(file('/etc/passwd')))
;;
SELECT sum(1) OVER (PARTITION BY file('/etc/passwd'))
;;
SELECT sum(1) OVER w FROM footfall.events WINDOW w AS (ORDER BY file('/etc/passwd'))
;;
SELECT 1 FROM footfall.events ORDER BY file('/etc/passwd')
;;
SELECT 1 FROM footfall.events GROUP BY file('/etc/passwd')
;;
SELECT 1 FROM footfall.events HAVING file('/etc/passwd') = ''
;;
SELECT 1 FROM footfall.events QUALIFY file('/etc/passwd') = ''
;;
SELECT 1 FROM footfall.events PREWHERE file('/etc/passwd') = ''
;;
SELECT 1 FROM footfall.events LIMIT length(file('/etc/passwd'))
;;
SELECT 1 FROM footfall.events LIMIT 1 BY file('/etc/passwd')
;;
SELECT 1 FROM footfall.events ARRAY JOIN [file('/etc/passwd')] AS x
;;
SELECT 1 FROM footfall.events AS a JOIN footfall.events AS b ON file('/etc/passwd') = ''
;;
SELECT 1 ORDER BY 1 WITH FILL FROM 1 TO length(file('/etc/passwd'))
;;
SELECT 1 AS a ORDER BY a WITH FILL INTERPOLATE (a AS length(file('/etc/passwd')))
;;
SELECT quantile(length(file('/etc/passwd')))(1)
;;
SELECT sumIf(1, file('/etc/passwd') = '')
;;
SELECT CASE WHEN file('/etc/passwd') = '' THEN 1 END
;;
SELECT file('/etc/passwd') ? 1 : 2
;;
SELECT 1 UNION ALL SELECT length(file('/etc/passwd'))
;;
SELECT 1 EXCEPT SELECT length(file('/etc/passwd'))
;;
(SELECT file('/etc/passwd'))
;;
((SELECT 1) UNION ALL (SELECT length(file('/etc/passwd'))))
;;
SELECT * FROM (SELECT * FROM (SELECT * FROM (SELECT file('/etc/passwd'))))
;;
SELECT * FROM footfall.events STREAM
;;
WITH RECURSIVE r AS (SELECT file('/etc/passwd') AS x UNION ALL SELECT x FROM r) SELECT * FROM r
;;
SELECT CAST('x', 'AggregateFunction(uniq, UInt64)')
;;
SELECT CAST(unhex('00') AS AggregateFunction(groupArray, String))
;;
SELECT unhex('00')::AggregateFunction(uniq, UInt64)
;;
SELECT CAST('x', concat('Aggregate', 'Function(uniq, UInt64)'))
;;
SELECT CAST('x', {t:String})
;;
SELECT accurateCastOrNull('x', 'AggregateFunction(uniq, UInt64)')
;;
SELECT JSONExtract('{}', 'a', 'AggregateFunction(uniq, UInt64)')
;;
SELECT {s:AggregateFunction(uniq, UInt64)}
;;
SELECT reinterpret('x', 'AggregateFunction(uniq, UInt64)')
;;
SELECT arrayReduce('flameGraph', [1])
;;
SELECT arrayReduce(concat('fla', 'meGraph'), [1])
;;
SELECT initializeAggregation('flameGraph', 1)
;;
SELECT formatRow('Template', 1)
;;
SELECT formatQuery('SELECT 1')
;;
SELECT fuzzQuery('SELECT 1')
;;
SELECT structureToProtobufSchema('a UInt8')
;;
SELECT * FROM 'x.csv'
;;
SELECT 1 IN `/etc/passwd`
;;
SELECT * FROM footfall.`../x`
;;
WITH x -> 1 AS file SELECT file('/etc/passwd')
;;
SELECT (SELECT 1 WHERE ((x -> 1) AS sleep)(1) = 1), sleep(1)
;;
WITH x -> 1 AS flameGraphIf SELECT flameGraphIf(1, 1)
;;
## Time and memory
SELECT length(arrayShuffle(range(100000000)))
;;
SELECT mannWhitneyUTest(number, number % 2) FROM numbers(50000000)
;;
SELECT sleep(3)
;;
SELECT sleepEachRow(3) FROM footfall.events
;;
SELECT SLEEP(1)
;;
SELECT h3kRing(1, 100)
;;
SELECT arrayLevenshteinDistance([1], [2])
;;
SELECT editDistance('a', 'b')
;;
SELECT levenshteinDistance('a', 'b')
;;
SELECT polygonsIntersectionCartesian([], [])
;;
SELECT timeSeriesRange(1, 2, 3)
;;
SELECT seriesDecomposeSTL([1], 2)
;;
SELECT jaroWinklerSimilarity('a', 'b')
;;
SELECT ngramDistance('a', 'b')
;;
SELECT multiFuzzyMatchAny('a', 1, ['b'])
;;
SELECT evalMLMethod(1, 2)
;;
SELECT encrypt('aes-128-ecb', 'x', 'k')
;;
SELECT getMacro('x')
;;
SELECT FQDN()
;;
SELECT tcpPort()
;;
SELECT getServerPort('tcp_port')
;;
SELECT serverUUID()
;;
SELECT currentProfiles()
;;
SELECT transactionID()
;;
SELECT zookeeperSessionUptime()
;;
SELECT generateSerialID('x')
;;
SELECT not_a_function_at_all(1)

;;
## Python's own objects, and names that the engine would look for outside the database
SELECT * FROM Python('sys')
;;
SELECT * FROM Python(df)
;;
SELECT * FROM python(os.environ)
;;
SELECT * FROM `Python`(app)
;;
SELECT * FROM "python"('config')
;;
SELECT * FROM footfall.events JOIN Python(df) AS d ON 1
;;
SELECT 1 IN Python(df)
;;
SELECT * FROM __builtins__.open
;;
SELECT * FROM `__import__('os').environ`
;;
SELECT * FROM `file:///etc/passwd`
;;
SELECT * FROM `/etc/passwd`
;;
SELECT * FROM "../clickhouse.xml"
;;
SELECT * FROM `http://127.0.0.1:1/`
;;
SELECT * FROM 'secrets.toml'
;;
SELECT * FROM footfall.`/etc/passwd`
;;
SELECT * FROM footfall.events AS e, `x.parquet` AS p
;;
SELECT * FROM `data.csv`
;;
SELECT * FROM `system.one`.`x`
;;
SELECT 1 IN `data.csv`
;;
SELECT 1 IN footfall.`a/b`
;;
## The same, as other writing would have it
sElEcT FiLe('/etc/passwd')
;;
SELECT FILE('/etc/passwd')
;;
SELECT	file	(	'/etc/passwd'	)
;;
SELECT/**/file/**/(/**/'/etc/passwd'/**/)
;;
SELECT /*! */ file('/etc/passwd')
;;
SELECT 1 -- x
, file('/etc/passwd')
;;
SELECT 1 # x
, file('/etc/passwd')
;;
SELECT 1 #! x
, file('/etc/passwd')
;;
SELECT 1 /* /* */ , file('/etc/passwd')
;;
SELECT file($$/etc/passwd$$)
;;
SELECT file($x$/etc/passwd$x$)
;;
SELECT file(x'2f6574632f706173737764')
;;
SELECT file(0x2f6574632f706173737764)
;;
SELECT file(b'0010111101100101')
;;
SELECT file('\x2f\x65\x74\x63/passwd')
;;
SELECT file(unhex('2f6574632f706173737764'))
;;
SELECT file('/etc/passwd'::String)
;;
SELECT file(CAST('/etc/passwd' AS String))
;;
SELECT file({p:String})
;;
SELECT file(base64Decode('L2V0Yy9wYXNzd2Q='))
;;
SELECT f`ile`('/etc/passwd')
;;
SELECT `fi\x6ce`('/etc/passwd')
;;
SELECT `\x66ile`('/etc/passwd')
;;
SELECT "\x66ile"('/etc/passwd')
;;
SELECT ‘x’, file(‘/etc/passwd’)
;;
SELECT “file”('/etc/passwd')
;;
SELECT ﬁle('/etc/passwd')
;;
SELECT ｆｉｌｅ('/etc/passwd')
;;
SELECT fi​le('/etc/passwd')
;;
SELECT file('/etc/passwd')
;;
SELECT file ('/etc/passwd')
;;
SELECT file'/etc/passwd'
;;
SELECT file '/etc/passwd'
;;
SELECT (file)('/etc/passwd')
;;
SELECT '/etc/passwd' |> file
;;
SELECT ['/etc/passwd'] |> arrayMap(file)
;;
SELECT arrayMap(file, ['/etc/passwd'])
;;
SELECT arrayMap(FILE, ['/etc/passwd'])
;;
SELECT arrayMap(`file`, ['/etc/passwd'])
;;
SELECT arrayMap((file), ['/etc/passwd'])
;;
SELECT arrayMap(file AS f, ['/etc/passwd'])
;;
SELECT arrayMap(fi/**/le, "file", ['/etc/passwd'])
;;
SELECT arrayFilter("file", ['/etc/passwd'])
;;
SELECT arraySort(file, ['/etc/passwd'])
;;
SELECT arrayExists(file, ['/etc/passwd'])
;;
SELECT arrayFirst(sleep, [1])
;;
SELECT mapApply(dictGet, map('a', 1))
;;
SELECT mapFilter(joinGet, map('a', 1))
;;
SELECT arrayMap(editDistance, ['a'], ['b'])
;;
SELECT arrayMap(hasAny, [[1]], [[2]])
;;
SELECT arrayMap(CAST, ['x'], ['AggregateFunction(uniq, UInt64)'])
;;
SELECT arrayMap(accurateCast, ['x'], ['AggregateFunction(uniq, UInt64)'])
;;
SELECT arrayMap(arrayFold, [1])
;;
SELECT arrayMap(x -> arrayMap(file, [x]), ['/etc/passwd'])
;;
WITH arrayMap(file, ['/etc/passwd']) AS x SELECT x
;;
EXPLAIN SELECT arrayMap(file, ['/etc/passwd'])
;;
SELECT * APPLY(x -> arrayMap(file, [x])) FROM (SELECT '/etc/passwd')
;;
SELECT arrayCount(file, groupArray('/etc/passwd'))
;;
SELECT arrayMap(getMacro, ['x'])
;;
SELECT arrayMap(aiGenerate, ['x'])
;;
SELECT system.file('/etc/passwd')
;;
SELECT {fn file('/etc/passwd')}
;;
SELECT file('/etc/passwd') OVER ()
;;
SELECT file('/etc/passwd') FILTER (WHERE 1)
;;
SELECT DISTINCT file('/etc/passwd')
;;
SELECT ALL file('/etc/passwd')
;;
SELECT TOP 1 file('/etc/passwd')
;;
SELECT * FROM system/**/.users
;;
SELECT * FROM SYSTEM.users
;;
SELECT * FROM System.Users
;;
SELECT * FROM system.`user\x73`
;;
SELECT * FROM `syste\x6d`.users
;;
SELECT * FROM ѕystem.users
;;
SELECT * FROM sуstem.one
;;
SELECT * FROM (((SELECT * FROM system.users)))
;;
SELECT * FROM ((SELECT 1) UNION ALL (SELECT count() FROM system.users))
;;
TABLE system.users
;;
SELECT * FROM system.users FINAL
;;
SELECT * FROM system.users SAMPLE 1
;;
SELECT * FROM system.users AS footfall
;;
WITH system AS (SELECT 1) SELECT * FROM system.users
;;
WITH users AS (SELECT 1) SELECT * FROM system.users
;;
SELECT * FROM footfall.events WHERE user_id IN (SELECT 1 FROM system.users)
;;
SELECT * FROM footfall.events WHERE EXISTS (SELECT 1 FROM footfall_private.contacts)
;;
SELECT (SELECT any(email) FROM footfall_private.contacts)
;;
SELECT 1 = ANY (SELECT 1 FROM system.users)
;;
SELECT 1 = ALL (SELECT 1 FROM system.users)
;;
SELECT 1 AS a FROM footfall.events PASTE JOIN system.users AS b
;;
SELECT 1 FROM footfall.events AS a GLOBAL ANY LEFT JOIN system.users AS b ON 1
;;
SELECT 1 FROM footfall.events AS a CROSS JOIN footfall_private.dead_letters
;;
SELECT 1 FROM footfall.events AS a NATURAL JOIN system.users
;;
SELECT max2((SELECT 1 FROM system.users), 1)
;;
EXPLAIN SELECT * FROM system.users
;;
EXPLAIN AST SELECT * FROM system.users
;;
EXPLAIN SYNTAX SELECT * FROM footfall_private.contacts
;;
EXPLAIN ESTIMATE SELECT * FROM footfall_private.contacts
;;
EXPLAIN QUERY TREE SELECT 1
;;
EXPLAIN QUERY TREE run_passes = 1 SELECT file('/etc/passwd')
;;
EXPLAIN SYNTAX run_query_tree_passes = 1 SELECT file('/etc/passwd')
;;
EXPLAIN PLAN SELECT file('/etc/passwd')
;;
EXPLAIN PLAN actions = 1 SELECT file('/etc/passwd')
;;
EXPLAIN (SELECT file('/etc/passwd'))
;;
EXPLAIN SELECT 1 FORMAT TSV SETTINGS max_memory_usage = 0
;;
EXPLAIN DESCRIBE TABLE system.users
;;
EXPLAIN SHOW TABLES
;;
EXPLAIN CREATE TABLE x (a UInt8) ENGINE = Memory
;;
EXPLAIN KILL QUERY WHERE 1
;;
EXPLAIN ANALYZE SELECT file('/etc/passwd')
;;
EXPLAIN AST INSERT INTO footfall.events SELECT 1
;;
## What the engine knows about others and about itself
SELECT * FROM system.query_thread_log
;;
SELECT * FROM system.query_views_log
;;
SELECT * FROM system.part_log
;;
SELECT * FROM system.session_log
;;
SELECT * FROM system.trace_log
;;
SELECT * FROM system.metric_log
;;
SELECT * FROM system.asynchronous_metrics
;;
SELECT * FROM system.asynchronous_metric_log
;;
SELECT * FROM system.crash_log
;;
SELECT * FROM system.error_log
;;
SELECT * FROM system.errors
;;
SELECT * FROM system.events
;;
SELECT * FROM system.metrics
;;
SELECT * FROM system.macros
;;
SELECT * FROM system.build_options
;;
SELECT * FROM system.clusters
;;
SELECT * FROM system.dictionaries
;;
SELECT * FROM system.models
;;
SELECT * FROM system.functions_x
;;
SELECT * FROM system.grants
;;
SELECT * FROM system.roles
;;
SELECT * FROM system.role_grants
;;
SELECT * FROM system.quotas
;;
SELECT * FROM system.quota_usage
;;
SELECT * FROM system.settings_profiles
;;
SELECT * FROM system.settings_profile_elements
;;
SELECT * FROM system.row_policies
;;
SELECT * FROM system.user_directories
;;
SELECT * FROM system.user_processes
;;
SELECT * FROM system.mutations
;;
SELECT * FROM system.merges
;;
SELECT * FROM system.moves
;;
SELECT * FROM system.replicas
;;
SELECT * FROM system.zookeeper
;;
SELECT * FROM system.backups
;;
SELECT * FROM system.backup_log
;;
SELECT * FROM system.data_type_families
;;
SELECT * FROM system.table_engines
;;
SELECT * FROM system.table_functions
;;
SELECT * FROM system.contributors
;;
SELECT * FROM system.licenses
;;
SELECT * FROM system.warnings
;;
SELECT * FROM system.schema_inference_cache
;;
SELECT * FROM system.query_cache
;;
SELECT * FROM system.filesystem_cache
;;
SELECT * FROM system.dropped_tables
;;
SELECT * FROM system.view_refreshes
;;
SELECT * FROM system.scheduler
;;
SELECT * FROM system.workloads
;;
SELECT * FROM system.resources
;;
SELECT * FROM system.jemalloc_bins
;;
SELECT * FROM system.merge_tree_settings
;;
SELECT * FROM system.numbers_mt
;;
SELECT * FROM system.zeros
;;
SELECT * FROM system.parts AS p JOIN system.processes AS q ON 1
;;
SELECT * FROM INFORMATION_SCHEMA.COLUMNS
;;
SELECT * FROM information_schema.schemata
;;
SELECT getSettingOrDefault('max_memory_usage', 1)
;;
SELECT getMergeTreeSetting('index_granularity')
;;
SELECT getOSKernelVersion()
;;
SELECT getClientHTTPHeader('Authorization')
;;
SELECT currentRequestURL()
;;
SELECT authenticatedUser()
;;
SELECT initialQueryID()
;;
SELECT fullHostName()
;;
SELECT filesystemUnreserved('default')
;;
SELECT @@max_connections
;;
SELECT @@global.version
;;
SELECT connectionId()
;;
SELECT catboostEvaluate('/etc/passwd', 1)
;;
SELECT modelEvaluate('m', 1)
;;
SELECT shardNum()
;;
SELECT isMergeTreePartCoveredBy('a', 'b')
;;
SELECT mergeTreePartInfo('all_1_1_0')
;;
SELECT getTypeSerializationStreams('UInt8')
;;
SELECT estimateCompressionRatio(1)
;;
SELECT blockSerializedSize(1)
;;
SELECT dictGetHierarchy('d', 1)
;;
SELECT dictGetString('system.users', 'name', 1)
;;
SELECT joinGetOrNull('footfall.j', 'a', 1)
;;
SELECT regionToName(1)
;;
SELECT naiveBayesClassifier('m', 'x')
;;
SELECT timeSeriesStoreTags(1, [], 'a', 'b')
;;
## Statements that begin harmlessly, and clauses that carry something
(SELECT 1) INTO OUTFILE '/tmp/x'
;;
SELECT 1 FORMAT TSV INTO OUTFILE '/tmp/x'
;;
SELECT 1 INTO OUTFILE '/tmp/x' FORMAT Native SETTINGS max_threads = 1
;;
SELECT 1 INTO
OUTFILE
'/dev/fd/1' APPEND
;;
SELECT 1 into outfile '/proc/self/mem'
;;
SELECT 1 UNION ALL SELECT 2 INTO OUTFILE '/tmp/x'
;;
WITH 1 AS x SELECT x INTO OUTFILE '/tmp/x' TRUNCATE
;;
SHOW CREATE TABLE footfall.events INTO OUTFILE '/tmp/x'
;;
SELECT 1 FORMAT `../x`
;;
SELECT 1 FORMAT 'CSV'
;;
SELECT 1 FORMAT CSV FORMAT TSV
;;
SELECT 1 SETTINGS max_threads = 1 SETTINGS max_memory_usage = 0
;;
SELECT 1 SETTINGS `max_memory_usage` = 0
;;
SELECT 1 SETTINGS MAX_MEMORY_USAGE = 0
;;
SELECT 1 SETTINGS max_execution_time = DEFAULT
;;
SELECT 1 SETTINGS max_execution_time = -1
;;
SELECT 1 SETTINGS max_execution_time = 1e18
;;
SELECT 1 SETTINGS max_execution_time = '0'
;;
SELECT 1 SETTINGS max_execution_time = NULL
;;
SELECT 1 SETTINGS max_execution_time = 0.5
;;
SELECT 1 SETTINGS max_threads = 100000
;;
SELECT 1 SETTINGS profile = 'default'
;;
SELECT 1 SETTINGS log_queries = 0
;;
SELECT 1 SETTINGS param_x = 'y'
;;
SELECT 1 SETTINGS x.y = 1
;;
SELECT 1 SETTINGS SQL_x = 1
;;
SELECT 1 SETTINGS use_query_cache = 1, query_cache_ttl = 100000
;;
SELECT 1 SETTINGS output_format_schema = '/tmp/x.proto' FORMAT Protobuf
;;
SELECT 1 FORMAT CapnProto SETTINGS format_schema = '../../x:Y'
;;
SELECT 1 FORMAT Template SETTINGS format_template_row = '/etc/passwd'
;;
SELECT 1 FORMAT Template SETTINGS format_template_row_format = '${a:CSV}'
;;
SELECT 1 FORMAT SQLInsert SETTINGS output_format_sql_insert_table_name = 'x; DROP TABLE y'
;;
SELECT 1 FORMAT Avro SETTINGS format_avro_schema_registry_url = 'http://127.0.0.1:1/'
;;
SELECT 1 SETTINGS max_rows_to_read = 0
;;
SELECT 1 SETTINGS result_overflow_mode = 'break'
;;
SELECT 1 SETTINGS read_overflow_mode = 'break'
;;
SELECT 1 SETTINGS allow_experimental_analyzer = 0
;;
SELECT 1 SETTINGS enable_analyzer = 0
;;
SELECT 1 SETTINGS compatibility = '1.1'
;;
SELECT 1 SETTINGS implicit_select = 1
;;
SELECT 1 SETTINGS user_files_path = '/'
;;
SELECT 1 SETTINGS send_logs_level = 'trace'
;;
SELECT 1 SETTINGS workload = 'x'
;;
SELECT 1 SETTINGS session_timezone = 'UTC', max_memory_usage = 0
;;
SELECT * FROM (SELECT 1 FORMAT CSV)
;;
SELECT * FROM (SELECT 1 INTO OUTFILE '/tmp/x')
;;
SELECT (SELECT 1 SETTINGS max_memory_usage = 0)
;;
WITH x AS (SELECT 1 SETTINGS max_memory_usage = 0) SELECT * FROM x
;;
SELECT 1 WHERE 1 IN (SELECT 1 SETTINGS max_execution_time = 0)
;;
EXPLAIN SELECT 1 SETTINGS max_memory_usage = 0
;;
SELECT * FROM numbers(10) SETTINGS max_rows_to_read = 0 FORMAT JSON
;;
SELECT * FROM values('a UInt8', 1)
;;
SELECT * FROM (VALUES (file('/etc/passwd')))
;;
SELECT * FROM VALUES (1)
;;
VALUES (1)
;;
SELECT * FROM generateRandom()
;;
SELECT * FROM numbers_mt(10)
;;
SELECT * FROM timeSeriesData('x')
;;
SELECT * FROM timeSeriesSelector('a', 'b', 1, 2)
;;
SELECT * FROM mergeTreeAnalyzeIndexes('footfall', 'events')
;;
SELECT * FROM mergeTreeTextIndex('footfall', 'events', 'x')
;;
SELECT * FROM fuzzQuery('SELECT 1')
;;
SELECT * FROM arrowFlight('127.0.0.1:1', 'x')
;;
SELECT * FROM icebergS3('http://127.0.0.1:1/b')
;;
SELECT * FROM icebergAzure('x')
;;
SELECT * FROM icebergHDFS('hdfs://127.0.0.1:1/x')
;;
SELECT * FROM deltaLakeS3('http://127.0.0.1:1/b')
;;
SELECT * FROM deltaLakeAzure('x')
;;
SELECT * FROM oss('http://127.0.0.1:1/b')
;;
SELECT * FROM cosn('http://127.0.0.1:1/b')
;;
SELECT * FROM azureBlobStorageCluster('c', 'x')
;;
SELECT * FROM hdfsCluster('c', 'x')
;;
SELECT * FROM sqlite('/etc/x', 'y')
;;
SELECT * FROM executable('cat /etc/passwd', LineAsString, 'a String')
;;
SELECT * FROM executable('x', TSV, 'a String', (SELECT 1))
;;
SELECT * FROM numbers(1) AS t, LATERAL (SELECT file('/etc/passwd'))
;;
SELECT * FROM numbers(1) UNPIVOT (a FOR b IN (c))
;;
SELECT 1 FOR UPDATE
;;
SELECT 1 INTO x
;;
SELECT 1 PARALLEL WITH SELECT 2
;;
## Other kinds of statement, again
INSERT INTO footfall.events FORMAT Values (1)
;;
INSERT INTO footfall.events (user_id) FORMAT JSONEachRow {"user_id":1}
;;
INSERT INTO TABLE FUNCTION file('/tmp/x', 'CSV') VALUES (1)
;;
INSERT INTO footfall.events FROM INFILE '/etc/passwd' FORMAT CSV
;;
INSERT INTO x SELECT file('/etc/passwd')
;;
insert/**/into footfall.events select 1
;;
(INSERT INTO footfall.events SELECT 1)
;;
FROM footfall.events INSERT INTO footfall.orders SELECT *
;;
CREATE OR REPLACE TABLE footfall.events (a UInt8) ENGINE = Memory
;;
CREATE MATERIALIZED VIEW footfall.v ENGINE = Memory AS SELECT 1
;;
CREATE TABLE footfall.x AS file('/etc/passwd')
;;
CREATE TABLE footfall.x ENGINE = URL('http://127.0.0.1:1/', CSV)
;;
CREATE TEMPORARY TABLE t ENGINE = Memory AS SELECT file('/etc/passwd')
;;
CREATE ROLE x
;;
CREATE SETTINGS PROFILE x SETTINGS readonly = 0
;;
CREATE QUOTA x
;;
CREATE ROW POLICY x ON footfall.events USING 1
;;
CREATE WORKLOAD x
;;
CREATE RESOURCE x (READ DISK d)
;;
CREATE INDEX i ON footfall.events (user_id)
;;
ALTER USER default SETTINGS readonly = 0
;;
ALTER TABLE footfall.events FREEZE
;;
ALTER TABLE footfall.events DETACH PARTITION 202601
;;
ALTER TABLE footfall.events MODIFY SETTING ttl_only_drop_parts = 1
;;
ALTER TABLE footfall.events MODIFY TTL event_date + INTERVAL 1 DAY
;;
ALTER DATABASE footfall MODIFY SETTING x = 1
;;
DROP VIEW footfall.mv_hourly_events
;;
DROP USER default
;;
DROP FUNCTION f
;;
TRUNCATE ALL TABLES FROM footfall
;;
TRUNCATE DATABASE footfall
;;
SYSTEM DROP MARK CACHE
;;
SYSTEM FLUSH DISTRIBUTED x
;;
SYSTEM ENABLE FAILPOINT x
;;
SYSTEM START LISTEN TCP
;;
SYSTEM JEMALLOC PURGE
;;
SYSTEM RELOAD DICTIONARIES
;;
SYSTEM UNFREEZE WITH NAME 'x'
;;
SYSTEM SYNC FILE CACHE
;;
SYSTEM KILL
;;
KILL QUERY WHERE user = 'default' SYNC
;;
KILL TRANSACTION WHERE 1
;;
SET allow_introspection_functions = 1
;;
SET DEFAULT ROLE NONE TO default
;;
SET TRANSACTION SNAPSHOT 1
;;
SET x = 1; SELECT file('/etc/passwd')
;;
COMMIT
;;
ROLLBACK
;;
START TRANSACTION
;;
SHOW FULL TABLES FROM footfall_private
;;
SHOW TABLES IN footfall_private
;;
SHOW TABLES FROM `system`
;;
SHOW CREATE VIEW footfall_private.x
;;
SHOW CREATE system.users
;;
SHOW INDEX FROM contacts FROM footfall_private
;;
SHOW COLUMNS FROM footfall_private.contacts
;;
SHOW FUNCTIONS LIKE 'file'
;;
SHOW ENGINES
;;
SHOW SETTING max_memory_usage
;;
SHOW CHANGED SETTINGS
;;
SHOW ROLES
;;
SHOW PROFILES
;;
SHOW POLICIES
;;
SHOW QUOTAS
;;
SHOW PRIVILEGES
;;
SHOW FILESYSTEM CACHES
;;
SHOW MERGES
;;
SHOW CACHE x
;;
SHOW FULL PROCESSLIST
;;
SHOW TABLES LIKE 'x' INTO OUTFILE '/tmp/x'
;;
SHOW TABLES FROM footfall WHERE name = file('/etc/passwd')
;;
DESC system.users
;;
DESC footfall_private.contacts
;;
DESC url('http://127.0.0.1:1/')
;;
DESC s3('http://127.0.0.1:1/b/k.csv')
;;
DESCRIBE remote('127.0.0.1', system.one)
;;
DESCRIBE TABLE Python(df)
;;
DESCRIBE TABLE executable('x', TSV, 'a String')
;;
DESCRIBE TABLE `/etc/passwd`
;;
DESCRIBE footfall.events SETTINGS readonly = 0
;;
EXISTS DICTIONARY d
;;
EXISTS VIEW footfall_private.x
;;
EXISTS TEMPORARY TABLE x
;;
EXISTS system.users
;;
CHECK DATABASE footfall
;;
CHECK GRANT SELECT ON *.*
;;
WATCH footfall.v
;;
USE footfall
;;
USE DATABASE system
;;
EXECUTE AS default
;;
DELETE FROM footfall_private.contacts WHERE 1
;;
MERGE INTO footfall.events USING x ON 1
;;
REPLACE TABLE footfall.events (a UInt8) ENGINE = Memory
;;
ATTACH DATABASE x
;;
ATTACH TABLE x FROM '/etc' (a UInt8) ENGINE = MergeTree ORDER BY a
;;
DETACH DATABASE footfall
;;
BACKUP TABLE footfall.events TO Disk('x', 'y')
;;
BACKUP ALL TO S3('http://127.0.0.1:1/b', 'k', 's')
;;
RESTORE ALL FROM File('../x')
;;
HELP
;;
QUIT
;;
\q
;;
COPY (SELECT 1) TO PROGRAM 'sh'
;;
LOAD DATA INFILE '/etc/passwd' INTO TABLE x
;;
DO 1
;;
CALL x()
;;
;
;;
;; SELECT 1
;;
SELECT
;;
WITH
;;
SELECT 1 FROM
;;
## One call that no limit stops
SELECT arrayFold((a, x) -> a + x, range(10000000), toUInt64(0))
;;
SELECT hasAny(range(1000000), arrayMap(x -> x + 5000000, range(1000000)))
;;
SELECT hasAll(range(1000000), arrayReverse(range(1000000)))
;;
SELECT hasSubstr(range(1000000), arrayMap(x -> 1, range(100000)))
;;
SELECT countMatches(repeat('a', 1000000), 'a.*b|a')
;;
SELECT splitByRegexp('a.*b|a', repeat('a', 1000000))
;;
SELECT divideDecimal(toDecimal256(1, 10), toDecimal256(3, 30), 30)
;;
SELECT length(replicate(1, range(1000000)))
;;
SELECT corrMatrix(1, 2, 3)
;;
SELECT length(URLHierarchy(repeat('a/', 500000)))
;;
SELECT arrayWithConstant(1000000000, 1)
;;
SELECT * APPLY(hasAny) FROM (SELECT [1])
;;
SELECT arrayMap(not_a_function_at_all, [1])
;;
SELECT arraySort(not_a_function_at_all, [1])
;;
SELECT mapApply(not_a_function_at_all, map(1, 1))
;;
SELECT arrayMap(f, ['/etc/passwd']), file AS f
;;
WITH file AS f SELECT arrayMap(f, ['/etc/passwd'])
;;
SELECT arrayMap(f, ['/etc/passwd']) FROM (SELECT 1 AS f)
;;
SELECT multiSearchAny(repeat('a', 1000000), arrayMap(x -> toString(x), range(300000)))
;;
SELECT hostName()
;;
SELECT hostname()
;;
SELECT HOSTNAME()
;;
SELECT length(ngrams(repeat('a', 1000000), 1000))
