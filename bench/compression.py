"""How small does the store make its columns, and would another codec make them smaller?

A line `all` says what the shop's own parts hold. For the columns, the same rows, those of the newest days
that make a million, are written once under each codec, in the order of the sort key, as one wide part (small
parts keep no sizes of columns); a codec that a column's type does not take is left out.

    python -m bench.compression

measures the shop of the configured store, which is running: real data that were imported, for one.
"""

from clickhouse_connect.driver.client import Client

from bench.report import Report, show
from bench.stack import shop
from footfall import store
from footfall.config import load

SAMPLE = 1_000_000
OURS = "ours"
CODECS = (OURS, "LZ4", "ZSTD", "ZSTD(3)", "ZSTD(9)", "Delta, ZSTD", "DoubleDelta, ZSTD", "T64, ZSTD")
_DAYS = {"events": "event_date", "orders": "order_date"}
_COLUMNS = """
SELECT name, type, compression_codec FROM system.columns
WHERE database = 'footfall' AND table = {table:String} ORDER BY position
"""
_SIZES = """
SELECT name, data_uncompressed_bytes, data_compressed_bytes FROM system.columns
WHERE database = 'footfall_codecs' AND table = {table:String}
"""
_WHOLE = """
SELECT sum(rows), sum(data_uncompressed_bytes), sum(data_compressed_bytes) FROM system.parts
WHERE active AND database = 'footfall' AND table = {table:String}
"""
_SINCE = """
SELECT min(day) FROM
    (SELECT {day} AS day, count() AS of_day, sum(of_day) OVER (ORDER BY day DESC) - of_day AS newer
    FROM footfall.{table} GROUP BY day)
WHERE newer < {sample}
"""
_KEYS = "SELECT sorting_key FROM system.tables WHERE database = 'footfall' AND name = {table:String}"


def measure(*, events: int) -> list[Report]:
    """Bytes a row of each column of `events` and `orders`, as it is and under each codec."""
    with shop(events) as config, store.connect(config, "footfall") as client:
        return columns_of(client, events)


def columns_of(client: Client, events: int) -> list[Report]:
    """The same of the shop that a store holds."""
    client.command("CREATE DATABASE IF NOT EXISTS footfall_codecs")
    try:
        return [report for table in _DAYS for report in _table(client, table, events)]
    finally:
        client.command("DROP DATABASE footfall_codecs SYNC")


def _table(client: Client, table: str, events: int) -> tuple[Report, Report]:
    columns = [
        (row[0], row[1], row[2]) for row in client.query(_COLUMNS, parameters={"table": table}).result_rows
    ]
    ((count, plain, packed),) = client.query(_WHOLE, parameters={"table": table}).result_rows
    since = client.query(_SINCE.format(day=_DAYS[table], table=table, sample=SAMPLE)).result_rows[0][0]
    sampled = f"FROM footfall.{table} WHERE {_DAYS[table]} >= '{since}'"
    rows = int(client.query(f"SELECT count() {sampled}").result_rows[0][0])
    sizes = {codec: _sizes(client, table, sampled, columns, codec) for codec in CODECS}
    ours = sizes[OURS]
    engine = f"ClickHouse {client.server_version}"
    shares = Report(f"Columns of {table}, bytes a row", [], events, 1, engine)
    shares.columns = ["column", "type", "codec", "uncompressed", "compressed", "times smaller", "share, %"]
    shares.rows.append(["all", "", "", plain / count, packed / count, plain / packed, 100.0])
    codecs = Report(f"Codecs of {table}, bytes a row", ["column", *CODECS, "smallest"], events, 1, engine)
    together = sum(small for _, small in ours.values())
    for name, kind, codec in sorted(columns, key=lambda column: -ours[column[0]][1]):
        large, small = ours[name]
        times = large / small if small else 0.0
        shares.rows.append([name, kind, codec, large / rows, small / rows, times, 100 * small / together])
        each = {codec: sizes[codec][name][1] / rows for codec in CODECS if name in sizes[codec]}
        shown: list[str | float] = [each.get(codec, "") for codec in CODECS]
        codecs.rows.append([name, *shown, min(each, key=lambda codec: each[codec])])
    return shares, codecs


def _sizes(
    client: Client, table: str, sampled: str, columns: list[tuple[str, str, str]], codec: str
) -> dict[str, tuple[int, int]]:
    """Uncompressed and compressed bytes of each column that takes the codec, all written into one part."""
    taking = [name for name, kind, _ in columns if _takes(kind, codec)]
    key = client.command(_KEYS, parameters={"table": table})
    defined = [
        f"{name} {kind} {own if codec == OURS else f'CODEC({codec})' if name in taking else ''}"
        for name, kind, own in columns
    ]
    copy = f"{table}_{CODECS.index(codec)}"
    client.command(
        f"CREATE TABLE footfall_codecs.{copy} ({', '.join(defined)}) ENGINE = MergeTree ORDER BY ({key})"
        " SETTINGS min_bytes_for_wide_part = 0"
    )
    names = ", ".join(name for name, _, _ in columns)
    client.command(
        f"INSERT INTO footfall_codecs.{copy} SELECT {names} {sampled} ORDER BY {key}",
        settings={"max_execution_time": 0},
    )
    client.command(f"OPTIMIZE TABLE footfall_codecs.{copy} FINAL")
    found = client.query(_SIZES, parameters={"table": copy}).result_rows
    return {name: (large, small) for name, large, small in found if name in taking}


def _takes(kind: str, codec: str) -> bool:
    """Whether the store takes the codec for the type."""
    number = kind.startswith(("UInt", "Int", "Date", "Decimal", "Bool"))
    if codec.startswith("T64"):
        return number
    return number or "Delta" not in codec


if __name__ == "__main__":
    with store.connect(load(), "footfall") as configured:
        for each in columns_of(configured, 0):
            show(each)
