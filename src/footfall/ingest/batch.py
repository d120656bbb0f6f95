"""What a request brings into the inbox, and what becomes of it there."""

from dataclasses import dataclass, field

from footfall.ingest.outcome import Entry, ItemError
from footfall.ingest.receipts import Receipt
from footfall.ingest.rows import Rows


@dataclass(slots=True)
class Batch:
    """A request's items, or a slice of them; `accepted` and `duplicate` count the slices before it.

    `letters` are entries that count as no item: dead letters, stubs of users and products, links of shoppers.
    `rows` are items, too: many of one lane that are encoded already.
    """

    batch_id: bytes
    items: list[list[Entry]]
    letters: list[Entry]
    urgent: bool = False
    receipt: bool = True
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    errors: list[ItemError] = field(default_factory=list)
    rows: Rows | None = None

    @property
    def count(self) -> int:
        """Its items."""
        return len(self.items) + (len(self.rows.keys) if self.rows else 0)


@dataclass(slots=True)
class Accepted:
    """What became of a batch: its receipt so far, and the last chunk of each lane that it is in."""

    receipt: Receipt
    chunks: dict[str, int]
