"""What would fetch from another machine: found where a statement names it, and only there."""

import pytest

from footfall.engine.elsewhere import fetching_engine, refuse_what_waits
from footfall.engine.exceptions import EngineError
from footfall.engine.statement import parse


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE k (a String) ENGINE = Kafka('h:1', 't', 'g', 'CSV')",
        "CREATE TABLE k (a String) ENGINE /* */ Kafka SETTINGS kafka_format = 'CSV'",
        "DROP TABLE IF EXISTS a PARALLEL WITH CREATE TABLE k (a String) ENGINE = Kafka('h:1', 't')",
        'CREATE TABLE k (a String) ENGINE = "Kafka"',
        'CREATE TABLE k (a String) ENGINE = "Ka\\x66ka"',
        "CREATE MATERIALIZED VIEW k ENGINE = `NATS` AS SELECT 1",
    ],
)
def test_an_engine_that_fetches_is_found_however_it_is_written(text: str) -> None:
    assert fetching_engine(parse(text.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM system.tables WHERE engine = 'Kafka'",
        "CREATE TABLE k (a String) ENGINE = MergeTree ORDER BY a COMMENT 'ENGINE = Kafka'",
        "ALTER TABLE k COMMENT COLUMN engine 'Kafka'",
    ],
)
def test_an_engine_that_is_only_spoken_of_is_none(text: str) -> None:
    assert fetching_engine(parse(text.encode())) is None


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM hdfs('hdfs://h:9000/a')",
        "SELECT 1 FROM events AS a, MySQL('h:3306', 'd', 't', 'u', 'p') AS b",
        "SELECT 1 FROM events JOIN /* */ `odbc` ('DSN=x', 'd', 't') USING a",
        "INSERT INTO FUNCTION deltaLakeAzure('x', 'c', 'z') VALUES (1)",
        "DESCRIBE TABLE jdbc('x', 'd', 't')",
        "CREATE TABLE k AS icebergHDFS('hdfs://h:9000/a')",
        "CREATE TABLE k (a UInt8) ENGINE = `DeltaLake`('http://h/b')",
        "CREATE DATABASE k ENGINE = MySQL('h:3306', 'd', 'u', 'p')",
        "CREATE DICTIONARY k (a UInt64) PRIMARY KEY a SOURCE(http(URL 'http://h')) LAYOUT(FLAT())",
    ],
)
def test_what_would_try_for_long_is_refused_at_once(text: str) -> None:
    with pytest.raises(EngineError) as refusal:
        refuse_what_waits(parse(text.encode()))
    assert refusal.value.code == 344


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'FROM mysql(h)' AS hdfs, source FROM events WHERE source IN ('http', 'odbc')",
        "INSERT INTO mysql (a, b) VALUES (1, 2)",
        "CREATE TABLE hdfs (a UInt8) ENGINE = MergeTree ORDER BY a",
        "SELECT * FROM mysql WHERE deltalake = (SELECT 1)",
        "SELECT * FROM url('http://h/z.csv', CSV, 'a UInt8')",
        "CREATE DICTIONARY k (a UInt64) PRIMARY KEY a SOURCE(CLICKHOUSE(TABLE 'http')) LAYOUT(FLAT())",
        "SELECT 1 AS source, (http) FROM (SELECT 2 AS http)",
    ],
)
def test_their_names_elsewhere_are_names(text: str) -> None:
    refuse_what_waits(parse(text.encode()))
