"""A request's way: body → items → entries → inbox → receipt, slice by slice so that memory stays bounded.

A slice is durable by itself. Where a later slice finds the inbox full, the request is refused as a whole;
sent again, what was kept of it is a duplicate.
"""

import asyncio
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from msgspec import Raw

from footfall.config import Config
from footfall.errors import CallersFault
from footfall.ingest import bulk, chunks, identities, receipts
from footfall.ingest.batch import Batch
from footfall.ingest.body import Body
from footfall.ingest.bulk import Bulk
from footfall.ingest.dead_letters import letter
from footfall.ingest.fields import Rejected, Rules
from footfall.ingest.inbox import Inbox
from footfall.ingest.known import Known
from footfall.ingest.lanes import (
    CONTACTS,
    IDENTITIES,
    ORDER_ITEMS,
    ORDERS,
    PRODUCT_ITEMS,
    PRODUCTS,
    USER_ITEMS,
    USERS,
)
from footfall.ingest.metrics import Metrics
from footfall.ingest.outcome import ItemError, Sender
from footfall.ingest.receipts import ERRORS_LIMIT, Receipt
from footfall.ingest.segment.envelope import Envelope
from footfall.ingest.segment.messages import Messages
from footfall.ingest.split import split
from footfall.ingest.stubs import Names
from footfall.ingest.validate import Validator
from footfall.model import Kind, Reason, derived_uuid

SLICE_ITEMS = 1_000  # what the event loop does in one go
SLICE_MESSAGES = 200  # each comes to several items
SLICE_BYTES = 2 << 20  # of which the rows are held several times on their way
WAIT_LIMIT_S = 30.0
# Lanes that a stage's changes go on to.
_NEXT = {ORDER_ITEMS: (ORDERS,), USER_ITEMS: (USERS, CONTACTS), PRODUCT_ITEMS: (PRODUCTS,)}


@dataclass(frozen=True, slots=True)
class Request:
    """What a request asks for, beside its body.

    `rights`: kinds that its key may send; `sent_ms`: when it says that it was sent.
    """

    kind: Kind
    key_name: str
    source: str = "http"
    wait: bool = False
    rights: tuple[str, ...] = ()
    sent_ms: int | None = None

    @property
    def imports(self) -> bool:
        """Whether ids are looked up in the store too, without limit of time."""
        return self.source != "http"


class Receiver:
    """Takes requests into the inbox."""

    def __init__(self, config: Config, inbox: Inbox, metrics: Metrics) -> None:
        self.inbox = inbox
        self.metrics = metrics
        self.reader = inbox.connect()
        self._rules = Rules.of(config)
        self._known = Known(config)
        self._names = Names(erased=self._rules.erased)
        self._bulk = Bulk(self._rules)

    def close(self) -> None:
        self._known.close()
        self.reader.close()

    async def receive(self, request: Request, body: Body) -> tuple[Receipt, bool]:
        """The receipt, and whether its rows can be queried already; raises `CallersFault` 422 where no
        item could be used. Who waits is told what the stages decided, too."""
        items = await _items(body)
        if not items:
            raise CallersFault("the body holds no items", name="UNPROCESSABLE", code=422)
        validator = Validator(
            request.kind,
            _sender(request),
            self._rules,
            letters=request.source != "replay",
            names=self._names,
            rights=request.rights,
            # What an import sends is compared with what the store holds, entry by entry.
            bulk=None if request.imports else self._bulk,
        )
        return await self._receive(request, validator, items, cut=body.cut)

    async def receive_messages(
        self, request: Request, envelope: Envelope, *, cut: str
    ) -> tuple[Receipt, bool]:
        """As `receive`, of messages of an SDK."""
        letters = request.source != "replay"
        messages = Messages(_sender(request), self._rules, envelope, letters=letters, names=self._names)
        return await self._receive(request, messages, envelope.items, cut=cut)

    async def _receive(
        self, request: Request, validator: Validator | Messages, items: Sequence[bytes | Raw], *, cut: str
    ) -> tuple[Receipt, bool]:
        sender = validator.sender
        receipt, awaited = await self._keep(request, validator, items, cut=cut)
        self._count(request, receipt)
        queryable = request.wait and await self._queryable(awaited)
        if request.wait:
            receipt = receipts.corrected(self.reader, sender.batch_id, receipt)
            queryable = queryable and not receipt.waiting
        if receipt.accepted + receipt.duplicate == 0:
            raise CallersFault(
                f"no item could be used; the first: {receipt.errors[0].message}",
                name="UNPROCESSABLE",
                code=422,
                batch_id=receipt.batch_id,
                rejected=receipt.rejected,
                errors=receipt.errors,
            )
        return receipt, queryable

    async def _keep(
        self, request: Request, validator: Validator | Messages, items: Sequence[bytes | Raw], *, cut: str
    ) -> tuple[Receipt, dict[str, int]]:
        """Validates and keeps all items; the receipt, and the chunks to wait for by lane."""
        errors: list[ItemError] = []
        accepted = duplicate = rejected = 0
        awaited: dict[str, int] = {}
        size = SLICE_MESSAGES if request.kind == "messages" else SLICE_ITEMS
        for first, slice_ in _slices(items, size):
            plain = bulk.none_plain(len(slice_))
            if isinstance(validator, Validator):
                plain = validator.plain(slice_)
                good, bad, letters = validator.validate(slice_, first, plain.rest)
            else:
                good, bad, letters = validator.validate(slice_, first)
            for error in bad:
                self.metrics.rejected.labels(request.kind, error.code).inc()
            rejected += len(plain.rest) - len(good)  # of others, a part may have been refused
            errors += bad[: ERRORS_LIMIT - len(errors)]
            last = first + len(slice_) >= len(items)
            if last and cut:
                told = Rejected(Reason.CUT_OFF, "", f"{cut} and {len(items)} items")
                rejected += 1
                errors = [*errors[: ERRORS_LIMIT - 1], ItemError(len(items), "", told.reason, told.message)]
                self.metrics.rejected.labels(request.kind, told.reason).inc()
                if request.source != "replay":
                    key = derived_uuid(b"cut", b"%d %b" % (len(items), bytes(items[-1])))
                    letters.append(letter(key, request.kind, validator.sender, told, b""))
            stubs, names = validator.stubs()
            fresh = await self._known.unknown(request.kind, good) if request.imports else good
            duplicate += len(good) - len(fresh)
            batch = Batch(
                validator.sender.batch_id,
                fresh,
                [*letters, *stubs, *plain.links],
                urgent=request.wait,
                receipt=last,
                accepted=accepted,
                duplicate=duplicate,
                rejected=rejected,
                errors=errors,
                rows=plain.rows,
            )
            result = await self.inbox.accept(batch)
            self._names.add(names)
            accepted, duplicate = result.receipt.accepted, result.receipt.duplicate
            if not request.wait:
                continue
            # Stubs are no items of the request: what they say of users and products comes moments later.
            entries = [entry for item in (*fresh, plain.links) for entry in item]
            lanes = {entry.lane for entry in entries} | ({plain.rows.lane} if plain.rows else set())
            for lane in lanes - {IDENTITIES.name}:
                # All of it may be duplicates that are still on their way: then their lane's newest counts.
                awaited[lane] = result.chunks.get(lane) or chunks.last_id(self.reader, lane)
                self.inbox.awaited[lane].set()
            # Links come again with every event of a shopper: nearly all are in the table.
            links = {entry.key for entry in entries if entry.lane == IDENTITIES.name}
            if links and (newest := identities.on_its_way(self.reader, links)):
                awaited[IDENTITIES.name] = max(newest, awaited.get(IDENTITIES.name, 0))
                self.inbox.awaited[IDENTITIES.name].set()
        return result.receipt, awaited

    async def _queryable(self, awaited: dict[str, int]) -> bool:
        """Waits until these chunks' rows are in their tables; False after `WAIT_LIMIT_S`."""
        deadline = time.monotonic() + WAIT_LIMIT_S
        left = dict(awaited)
        while left:
            for lane, chunk_id in list(left.items()):
                if self.inbox.waits(self.reader, lane, chunk_id):
                    continue
                del left[lane]
                # What has become of changes is in the next lanes by now, at their end or before.
                left |= {lane.name: chunks.last_id(self.reader, lane.name) for lane in _NEXT.get(lane, ())}
            if left and time.monotonic() > deadline:
                return False
            if left:
                await self.inbox.moved(0.05)
        return True

    def _count(self, request: Request, receipt: Receipt) -> None:
        for outcome in ("accepted", "duplicate", "rejected"):
            if count := getattr(receipt, outcome):
                self.metrics.took(request.kind, request.key_name, outcome, count)


async def _items(body: Body) -> Sequence[bytes | Raw]:
    """A body's items. What takes long (an array that is malformed somewhere) keeps nobody else waiting."""
    if len(body.text) < SLICE_BYTES:
        return split(body.text, ndjson=body.ndjson)
    return await asyncio.to_thread(split, body.text, ndjson=body.ndjson)


def _slices(items: Sequence[bytes | Raw], most: int) -> Iterator[tuple[int, Sequence[bytes | Raw]]]:
    """Items in slices of at most so many, and of bounded size; each with its first item's number."""
    first = 0
    while first < len(items):
        slice_ = items[first : first + most]
        sizes = _sizes(slice_)
        if sum(sizes) > SLICE_BYTES:
            ends = list(accumulate(sizes))
            slice_ = slice_[: max(1, bisect_right(ends, SLICE_BYTES))]
        yield first, slice_
        first += len(slice_)


def _sizes(items: Sequence[bytes | Raw]) -> list[int]:
    try:
        return list(map(len, items))
    except TypeError:  # a Raw does not tell its length
        return [memoryview(item).nbytes for item in items]


def _sender(request: Request) -> Sender:
    now_ms = time.time_ns() // 1_000_000
    batch_id = receipts.new_batch_id(now_ms)
    return Sender(batch_id, request.key_name, request.source, now_ms, request.sent_ms)
