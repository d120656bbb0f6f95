"""Rows of the shop as blocks of the store: Arrow streams of one record batch, ready to be sent.

Texts go as dictionaries (a position a row, each text once), money as exact decimals, ids in the spelling
that the rest of the system gives them: session ids are 16 hexadecimal digits, order ids `H` and nine digits.
Event ids are UUIDs of version 7, entry ids of the ledger of version 8: random, but from the plan's seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from footfall.generate.catalogue import Catalogue
from footfall.generate.columns import (
    EVENT_TYPES,
    I64,
    PAYMENTS,
    STATUSES,
    U64,
    Events,
    Ints,
    Rng,
    Signups,
    rng,
)
from footfall.generate.places import DEVICES, PLACES
from footfall.generate.plan import Plan
from footfall.generate.shop import Slice
from footfall.generate.shoppers import Shoppers
from footfall.generate.sources import SOURCES
from footfall.generate.texts import PROPERTIES

Table = Literal["products", "users", "events", "identities", "orders"]

_IDS_SEED: Final = 104
_CENT: Final = 100  # ten-thousandths, in which the store holds money
_INGEST_LAG_MS: Final = (40, 900)


@dataclass(frozen=True, slots=True)
class Block:
    """One INSERT: `number` is the rows' `block_id`, unique within the history and the table."""

    table: Table
    number: int
    rows: int
    data: bytes


class Blocks:
    """Makes the blocks of one plan."""

    def __init__(self, plan: Plan, catalogue: Catalogue, shoppers: Shoppers, currency: str) -> None:
        self._plan = plan
        self._catalogue = catalogue
        self._shoppers = shoppers
        self._currency = ("", currency)
        self._urls = pa.array(catalogue.urls)

    def products(self, number: int) -> Block:
        """The whole catalogue; each product's properties say which command made it."""
        goods, count = self._catalogue, len(self._catalogue)
        ids = np.arange(1, count + 1)
        names = [goods.category_name(int(i)) for i in ids]
        return _block(
            "products",
            number,
            {
                "product_id": pa.array(ids.astype(np.uint64)),
                "external_id": pa.array([str(i) for i in ids.tolist()]),
                "name": pa.array(goods.names),
                "category": pa.array(names).dictionary_encode(),
                "brand": pa.array([goods.brand_name(int(i)) for i in ids]).dictionary_encode(),
                "price": money(goods.price),
                "currency": _same(self._currency[1], count),
                "updated_at": _times(np.full(count, self._plan.orders_from_ms)),
                "properties": _same(self._plan.mark(), count),
            },
        )

    def users(self, number: int, signups: Signups) -> Block:
        """Users who registered."""
        user = signups.user - 1
        days = (signups.at // 86_400_000).astype(np.int32)
        return _block(
            "users",
            number,
            {
                "user_id": pa.array(signups.user.astype(np.uint64)),
                "external_id": pa.array([str(i) for i in signups.user.tolist()]),
                "country": _codes(self._shoppers.country[user], [place.code for place in PLACES]),
                "is_premium": pa.array(self._shoppers.premium[user]),
                "age": pa.array(self._shoppers.age[user]),
                "registration_date": pa.array(days, pa.date32()),
                "updated_at": _times(signups.at),
                "properties": _same("", len(user)),
            },
        )

    def identities(self, number: int, logins: Events) -> Block:
        """Which user an anonymous id belongs to, as learnt from logins and signups."""
        return _block(
            "identities",
            number,
            {
                "anonymous_id": pa.array(logins.anonymous),
                "user_id": pa.array(logins.user),
                "linked_at": _times(logins.at),
            },
        )

    def events(self, number: int, slice_: Slice) -> Block:
        """The events of a slice."""
        e = slice_.events
        chance = rng(self._plan.seed, _IDS_SEED, slice_.number, 0)
        money_here = ((e.revenue != 0) | (e.value != 0)).astype(np.uint8)
        referrers = np.where(e.landing, e.source, 0).astype(np.uint8)
        return _block(
            "events",
            number,
            {
                "event_id": _uuids(chance, e.at),
                "event_type": _codes(e.type, EVENT_TYPES),
                "event_timestamp": _times(e.at),
                "user_id": pa.array(e.user),
                "session_id": session_ids(e.session),
                "product_id": pa.array(e.product.astype(np.uint64)),
                "order_id": order_ids(e.order),
                "page_url": _used(e.url, self._urls),
                "referrer": _codes(referrers, [source.referrer for source in SOURCES]),
                "utm_source": _codes(e.source, [source.utm_source for source in SOURCES]),
                "utm_medium": _codes(e.source, [source.utm_medium for source in SOURCES]),
                "utm_campaign": _codes(e.source, [source.utm_campaign for source in SOURCES]),
                "search_term": _codes(e.term, ("", *self._catalogue.terms)),
                "device_type": _codes(e.device, [device.type for device in DEVICES]),
                "browser": _codes(e.device, [device.browser for device in DEVICES]),
                "country": _codes(e.country, [place.code for place in PLACES]),
                "revenue": money(e.revenue),
                "value": money(e.value),
                "currency": _codes(money_here, self._currency),
                "quantity": pa.array(e.quantity.astype(np.uint32)),
                "duration_seconds": pa.array(e.duration.astype(np.uint32)),
                "properties": _codes(e.properties, PROPERTIES),
                "ingested_at": _times(e.at + chance.integers(*_INGEST_LAG_MS, len(e))),
            },
        )

    def orders(self, number: int, slice_: Slice) -> Block:
        """The rows that a slice adds to the ledger."""
        rows = slice_.ledger
        count = len(rows)
        chance = rng(self._plan.seed, _IDS_SEED, slice_.number, 1)
        return _block(
            "orders",
            number,
            {
                "entry_id": _uuids(chance, None, count),
                "order_id": order_ids(rows.order),
                "line_id": pa.array(rows.line.astype(str)),
                "user_id": pa.array(rows.user),
                "product_id": pa.array(rows.product.astype(np.uint64)),
                "order_timestamp": _times(rows.at),
                "status": _codes(rows.status, STATUSES),
                "payment_method": _codes(rows.payment, PAYMENTS),
                "quantity": pa.array(rows.quantity),
                "unit_price": money(rows.unit_price),
                "discount": money(rows.discount),
                "total_amount": money(rows.total),
                "currency": _same(self._currency[1], count),
                "country": _codes(rows.country, [place.code for place in PLACES]),
                "unlinked": pa.array(np.zeros(count, np.bool_)),
                "properties": _same("", count),
                "ingested_at": _times(rows.at + chance.integers(*_INGEST_LAG_MS, count)),
            },
        )


def money(cents: Ints) -> pa.Array:
    """Cents as Decimal(18, 4)."""
    words = np.empty((len(cents), 2), np.int64)
    words[:, 0] = cents
    words[:, 0] *= _CENT
    words[:, 1] = words[:, 0] >> 63
    return pa.Array.from_buffers(pa.decimal128(18, 4), len(cents), [None, pa.py_buffer(words)])


def order_ids(order: I64) -> pa.Array:
    """`H` and nine digits; empty for -1."""
    some = np.flatnonzero(order >= 0)
    digits = np.full((len(some), 10), ord("H"), np.uint8)
    rest = order[some].copy()
    for place in range(9, 0, -1):
        digits[:, place] = rest % 10 + ord("0")
        rest //= 10
    return _texts(some, digits, len(order))


def session_ids(session: U64) -> pa.Array:
    """Sixteen hexadecimal digits; empty for 0."""
    some = np.flatnonzero(session)
    pairs = session[some].astype(">u8").view(np.uint8).reshape(-1, 8)
    nibbles = np.empty((len(some), 16), np.uint8)
    nibbles[:, 0::2] = pairs >> 4
    nibbles[:, 1::2] = pairs & 15
    return _texts(some, np.frombuffer(b"0123456789abcdef", np.uint8)[nibbles], len(session))


def _texts(rows: I64, letters: npt.NDArray[np.uint8], count: int) -> pa.Array:
    """Texts of one length at these rows, empty ones elsewhere."""
    lengths = np.zeros(count + 1, np.int32)
    lengths[rows + 1] = letters.shape[1]
    offsets = np.cumsum(lengths, dtype=np.int32)
    letters = np.ascontiguousarray(letters)
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(letters)])


def _uuids(chance: Rng, at: I64 | None, count: int | None = None) -> pa.Array:
    """UUIDs: of version 7 for times, of version 8 without."""
    size = len(at) if at is not None else count or 0
    raw = chance.integers(0, 256, (size, 16), np.uint8)
    if at is not None:
        raw[:, :6] = at.astype(">i8").view(np.uint8).reshape(-1, 8)[:, 2:]
    raw[:, 6] = raw[:, 6] & 0x0F | (0x70 if at is not None else 0x80)
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    return pa.Array.from_buffers(pa.binary(16), size, [None, pa.py_buffer(raw)])


def _codes(positions: Ints, texts: Sequence[str]) -> pa.Array:
    """A small vocabulary: a position a row. Texts that occur twice in it are joined, as the store wants."""
    known = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    if len(known) < len(texts):
        positions = np.array([known[text] for text in texts], np.int32)[positions]
    return pa.DictionaryArray.from_arrays(positions.astype(np.int32), pa.array(known, pa.string()))


def _used(positions: Ints, texts: pa.Array) -> pa.Array:
    """A large vocabulary: only the texts that occur are sent."""
    used, codes = np.unique(positions, return_inverse=True)
    return pa.DictionaryArray.from_arrays(codes.astype(np.int32), texts.take(pa.array(used)))


def _same(text: str, count: int) -> pa.Array:
    return _codes(np.zeros(count, np.uint8), [text])


def _times(at: Ints) -> pa.Array:
    return pa.array(at.astype(np.int64)).cast(pa.timestamp("ms", "UTC"))


def _block(table: Table, number: int, columns: dict[str, Any]) -> Block:
    batch = pa.record_batch(columns)
    number_column = pa.array(np.full(batch.num_rows, number, np.uint64))
    batch = batch.append_column("block_id", number_column)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return Block(table, number, batch.num_rows, sink.getvalue().to_pybytes())
