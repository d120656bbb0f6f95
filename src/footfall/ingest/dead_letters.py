"""Dead letters: rejected items, kept with their reason and their text, on the same durable way as rows."""

import sqlite3
from collections.abc import Sequence

from footfall.ingest.addresses import without_addresses
from footfall.ingest.changes import NO_ITEM, RAW_LIMIT, Origin
from footfall.ingest.fields import Rejected
from footfall.ingest.ids import Ids
from footfall.ingest.lanes import DEAD_LETTERS
from footfall.ingest.outcome import Entry, ItemError, Sender
from footfall.ingest.receipts import Correction
from footfall.model import Kind, derived_uuid


def letter(key: bytes, kind: Kind, sender: Sender, rejected: Rejected, raw: bytes) -> Entry:
    """The entry of a rejected item; `key` is the letter's id: a request sent again adds none."""
    row = (
        key,
        sender.now_ms,
        sender.source,
        kind,
        str(rejected.reason),
        rejected.field,
        rejected.message,
        readable(raw),
        sender.key_name,
        sender.batch_id,
    )
    return Entry(DEAD_LETTERS.name, key, b"", row, 0)


def readable(raw: bytes) -> bytes:
    """The text as it was sent, but for addresses of clients, as UTF-8 (what is none is written \\xNN), cut at
    64 KiB."""
    raw = without_addresses(raw[:RAW_LIMIT])
    text = raw.decode() if raw.isascii() else raw.decode(errors="backslashreplace")
    return text.encode()[:RAW_LIMIT].decode(errors="ignore").encode()


def late_letter(kind: Kind, item_id: bytes, number: int, origin: Origin, rejected: Rejected) -> Entry:
    """The entry of a change that was accepted and refused when its turn came, in whole or in part."""
    sender = Sender(origin.batch_id, origin.key_name, origin.source, origin.accepted_at)
    key = derived_uuid(b"late", item_id + number.to_bytes(4))
    return letter(key, kind, sender, rejected, origin.raw)


def not_told_before(
    connection: sqlite3.Connection, ids: Ids, letters: Sequence[Entry], now_ms: int
) -> list[Entry]:
    """Dead letters but for those of a change that was refused before and sent again; remembers them."""
    entries = {entry.key: entry for entry in letters}
    for key in ids.seen(connection, DEAD_LETTERS.name, list(entries)):
        del entries[key]
    ids.add(connection, DEAD_LETTERS.name, list(entries), now_ms)
    return list(entries.values())


def correction(origin: Origin, outcome: str, refused: Sequence[Rejected]) -> Correction:
    """What the receipt of a change says of it, once it has come out otherwise than as accepted."""
    if origin.index == NO_ITEM:
        return Correction()
    errors = [ItemError(origin.index, one.field, one.reason, one.message) for one in refused]
    if origin.kind is not None:  # a part of an item: what else the item came to stays
        return Correction(errors=errors)
    return Correction(int(outcome == "duplicate"), int(outcome == "rejected"), errors)
