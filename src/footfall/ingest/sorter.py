"""Which items of a transaction are new: of the entries that wait together, each key counts once.

Ids of events and order lines are told from those accepted before; of users, products and links, whose keys
come again, what differs from the last value is new.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from footfall.ingest.lanes import LANES
from footfall.ingest.outcome import Entry
from footfall.ingest.rows import Rows

# Of a key of a lane whose values may change, among those of all such lanes.
PREFIX: Final = {lane: bytes([number]) for number, lane in enumerate(LANES)}


@dataclass(slots=True)
class Sorter:
    """Tells new entries from duplicates, in the order of their arrival.

    `known`: ids of each lane that were accepted; `values`: the last value of each key of the other lanes.
    """

    known: dict[str, set[bytes]]
    values: dict[bytes, bytes]
    fresh: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    changed: dict[bytes, bytes] = field(default_factory=dict)
    rows: list[Rows] = field(default_factory=list)

    def admit_rows(self, rows: Rows) -> int:
        """How many of the rows are new; of the others, the body is rid."""
        known = self.known[rows.lane]
        mine = set(rows.keys)
        if len(mine) < len(rows.keys) or not known.isdisjoint(mine):
            rows = rows.without(known)
        known |= mine
        if rows.keys:
            self.rows.append(rows)
        return len(rows.keys)

    def admit(self, entry: Entry) -> bool:
        """Whether the entry is new; it is not from now on."""
        lane, key, value, _, _ = entry
        known = self.known.get(lane)
        if known is None:
            key = PREFIX[lane] + key
            if self.values.get(key) == value:
                return False
            self.values[key] = self.changed[key] = value
        else:
            if key in known:
                return False
            known.add(key)
        self.fresh[lane].append(entry)
        return True
