"""What becomes of one item of a request: entries for the inbox, or a rejection.

An `Entry` is one row on its way to a lane. `key` (16 bytes) makes it idempotent within its lane: an entry
whose key was accepted before with the same `value` is a duplicate. `value` is empty where the key alone
decides; elsewhere (a user's attributes) the last value of a key holds, so A, B, A is three changes.
"""

from hashlib import blake2b
from typing import Any, NamedTuple

from msgspec import Struct

from footfall.ingest.addresses import without_addresses
from footfall.ingest.clock import corrected
from footfall.model import Reason, derived_uuid


class Entry(NamedTuple):
    """One row for a lane; `row` is a tuple in the order of the lane's columns, or a stage's packed item."""

    lane: str
    key: bytes
    value: bytes
    row: Any
    month: int


class Sender(NamedTuple):
    """Where and when a request came from: what its rows and dead letters say about it.

    `sent_ms`: when its sender says that it was sent, by the clock that wrote its times (see `clock`).
    """

    batch_id: bytes
    key_name: str
    source: str
    now_ms: int
    sent_ms: int | None = None

    def moment(self, at: int, oldest: int) -> int:
        """When it happened by our clock, of a time by the sender's; `oldest`: the earliest that is kept."""
        return corrected(at, self.sent_ms, self.now_ms, oldest)


class ItemError(Struct, frozen=True):
    """One rejected item as the answer and the receipt tell it."""

    index: int | None
    field: str
    code: Reason
    message: str


class Occurrences:
    """Ids for items that bring none: from the item's content and how often it occurred in its request.

    So two equal lines of one request are two, and the same request again is none. Addresses are no content.
    """

    def __init__(self) -> None:
        self._seen: dict[bytes, int] = {}

    def key(self, purpose: bytes, raw: bytes) -> bytes:
        """The 16 bytes of the next UUID for this content."""
        content = blake2b(without_addresses(raw), digest_size=16, person=purpose).digest()
        number = self._seen.get(content, 0)
        self._seen[content] = number + 1
        return derived_uuid(purpose, content + number.to_bytes(4))
