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
