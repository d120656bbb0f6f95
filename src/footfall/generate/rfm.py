"""True RFM segments: buyers by recency, frequency and money, as GLOSSARY.md defines them.

Quintiles are NTILE(5) over (metric ascending, user id ascending as text), 5 is best.
"""

from typing import Final

import numpy as np

from footfall.generate.columns import COMPLETED, I64, PENDING, Ints, Ledger

SEGMENTS: Final = ("Champions", "Loyal", "New", "At risk", "Lost", "Middle")
_TILES: Final = 5


class Buyers:
    """What each user bought: last purchase, orders, and the money that stayed."""

    def __init__(self) -> None:
        self._parts: list[tuple[I64, I64, I64, I64]] = []

    def add(self, rows: Ledger) -> None:
        """Counts rows of the ledger; all rows of an order come together."""
        rows = rows.take(rows.status != PENDING)
        user, place = np.unique(rows.user.astype(np.int64), return_inverse=True)
        done = rows.status == COMPLETED
        last = np.zeros(len(user), np.int64)
        np.maximum.at(last, place[done], rows.at[done])
        orders = np.unique(np.stack([place[done], rows.order[done]]), axis=1)[0]
        money = np.zeros(len(user), np.int64)
        np.add.at(money, place, rows.total)
        self._parts.append((user, last, np.bincount(orders, minlength=len(user)), money))

    def segments(self) -> list[tuple[str, int, int, int]]:
        """Each segment's name, users, money in cents, and orders."""
        users, last, orders, money = self._all()
        texts = users.astype(str)
        recency, frequency, value = (_tiles(metric, texts) for metric in (last, orders, money))
        chosen = np.select(
            [
                (recency >= 4) & (frequency >= 4) & (value >= 4),
                frequency >= 4,
                (recency >= 4) & (frequency <= 2),
                (recency <= 2) & (frequency >= 3),
                (recency <= 2) & (frequency <= 2),
            ],
            range(5),
            5,
        )
        return [
            (name, int((chosen == n).sum()), int(money[chosen == n].sum()), int(orders[chosen == n].sum()))
            for n, name in enumerate(SEGMENTS)
        ]

    def _all(self) -> tuple[I64, I64, I64, I64]:
        """Users with at least one order; one row each."""
        none = np.zeros(0, np.int64)
        columns = [np.concatenate([none, *column]) for column in zip(*self._parts, strict=True)]
        users, place = np.unique(columns[0], return_inverse=True)
        last, orders, money = (np.zeros(len(users), np.int64) for _ in range(3))
        np.maximum.at(last, place, columns[1])
        np.add.at(orders, place, columns[2])
        np.add.at(money, place, columns[3])
        some = orders > 0
        return users[some], last[some], orders[some], money[some]


def _tiles(metric: I64, texts: Ints) -> I64:
    """NTILE(5): the first groups take what does not divide."""
    count = len(metric)
    size, extra = divmod(count, _TILES)
    sizes = [size + (tile < extra) for tile in range(_TILES)]
    tiles = np.empty(count, np.int64)
    tiles[np.lexsort((texts, metric))] = np.repeat(np.arange(1, _TILES + 1), sizes)
    return tiles
