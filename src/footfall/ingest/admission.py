"""Admission: a group of batches in one transaction. Each item is new, a change, or a duplicate; what is new
goes into chunks of its lane, and each batch gets its receipt.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from footfall.ingest import chunks, ids, last_values, receipts
from footfall.ingest.batch import Accepted, Batch
from footfall.ingest.ids import Ids
from footfall.ingest.receipts import Receipt
from footfall.ingest.sorter import PREFIX, Sorter


def admit(
    connection: sqlite3.Connection, index: Ids, batches: Sequence[Batch], now_ms: int
) -> list[Accepted]:
    """What became of each batch; runs inside the caller's transaction."""
    accepted, new = _sort(connection, index, batches)
    urgent = any(batch.urgent for batch in batches)
    last: dict[str, int] = {}
    keys: dict[str, list[bytes]] = defaultdict(list)
    for rows in new.rows:
        last[rows.lane] = chunks.put(
            connection, rows.lane, None, len(rows.keys), rows.months, now_ms, rows.body, urgent=urgent
        )
        keys[rows.lane] += rows.keys
    for lane, entries in new.fresh.items():
        last[lane] = chunks.add(connection, lane, entries, now_ms, urgent=urgent)
        keys[lane] += [entry.key for entry in entries]
    for lane in ids.LANES:
        index.add(connection, lane, keys[lane], now_ms)
    last_values.add(connection, new.changed.items(), now_ms, index.bounds.reach_ms)
    answers = [
        (batch.batch_id, msgspec.json.encode(receipt))
        for batch, receipt in zip(batches, accepted, strict=True)
        if batch.receipt
    ]
    receipts.keep(connection, answers, now_ms)
    return [Accepted(receipt, last) for receipt in accepted]


def _sort(
    connection: sqlite3.Connection, index: Ids, batches: Sequence[Batch]
) -> tuple[list[Receipt], Sorter]:
    """A receipt for each batch, and what is new."""
    keys: dict[str, list[bytes]] = defaultdict(list)
    for batch in batches:
        if batch.rows:
            keys[batch.rows.lane] += batch.rows.keys
        for item in (*batch.items, batch.letters):
            for entry in item:
                keys[entry.lane].append(entry.key)
    known = {lane: index.seen(connection, lane, keys.pop(lane, [])) for lane in ids.LANES}
    others = [PREFIX[lane] + key for lane, found in keys.items() for key in found]
    sorter = Sorter(known, last_values.seen(connection, others))
    take = sorter.admit
    result = []
    for batch in batches:
        accepted = sorter.admit_rows(batch.rows) if batch.rows else 0
        for item in batch.items:
            accepted += take(item[0])
            for entry in item[1:]:
                take(entry)
        for entry in batch.letters:
            take(entry)
        result.append(
            Receipt(
                _uuid_text(batch.batch_id),
                batch.accepted + accepted,
                batch.duplicate + batch.count - accepted,
                batch.rejected,
                batch.errors,
            )
        )
    return result, sorter


def _uuid_text(raw: bytes) -> str:
    digits = raw.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
