"""The true answers about orders: money, products, months and segments, from rows of the ledger."""

from typing import Any

import numpy as np

from footfall.generate.columns import CANCELLED, COMPLETED, I64, REFUNDED, STATUSES, Ledger
from footfall.generate.rfm import Buyers
from footfall.generate.truth.packed import Seen, add_to, money_text, once, pack, top


class Orders:
    """Sums over the ledger of a shop with so many products."""

    def __init__(self, products: int) -> None:
        self._products = np.zeros((products * len(STATUSES), 3), np.int64)
        self._statuses = np.zeros((len(STATUSES), 4), np.int64)
        self._months: dict[str, I64] = {}
        self._buyers = Seen()
        self._spenders = Buyers()

    def add(self, rows: Ledger) -> None:
        """Counts rows; all rows of an order come together."""
        self._spenders.add(rows)
        cell = (rows.product - 1) * len(STATUSES) + rows.status
        np.add.at(self._products[:, 0], cell, rows.total)
        np.add.at(self._products[:, 1], cell, rows.quantity)
        np.add.at(self._products[:, 2], once(cell, rows.order), 1)
        np.add.at(self._statuses[:, 0], rows.status, 1)
        np.add.at(self._statuses[:, 1], rows.status, rows.total)
        np.add.at(self._statuses[:, 2], rows.status, rows.quantity)
        np.add.at(self._statuses[:, 3], once(rows.status, rows.order), 1)
        month = rows.at.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
        done = rows.status == COMPLETED
        back = (rows.status == REFUNDED) | (rows.status == CANCELLED)
        self._buyers.add(pack(month[done], 0, np.zeros(done.sum()), rows.user[done]))
        for number in np.unique(month).tolist():
            of = month == number
            orders = len(np.unique(rows.order[of & done]))
            sums = (rows.total[of & done].sum(), rows.total[of & back].sum(), orders)
            add_to(self._months, str(np.datetime64(number, "M")), sums)

    @property
    def rows(self) -> int:
        """Rows of the ledger."""
        return int(self._statuses[:, 0].sum())

    @property
    def completed(self) -> int:
        """Orders with a completed row."""
        return int(self._statuses[COMPLETED, 3])

    @property
    def gross(self) -> int:
        """Cents that came in."""
        return int(self._statuses[COMPLETED, 1])

    @property
    def refunds(self) -> int:
        """Cents that went back; negative."""
        return int(self._statuses[REFUNDED, 1] + self._statuses[CANCELLED, 1])

    def by_status(self) -> list[dict[str, Any]]:
        """Rows, money, pieces and orders of each status."""
        return [
            {"status": name, "rows": r, "revenue": money_text(m), "quantity": q, "orders": o}
            for name, (r, m, q, o) in zip(STATUSES, self._statuses.tolist(), strict=True)
            if r
        ]

    def by_product(self) -> list[dict[str, Any]]:
        """Money, pieces and orders of each product and status."""
        return [
            {
                "product_id": str(cell // len(STATUSES) + 1),
                "status": STATUSES[cell % len(STATUSES)],
                "revenue": money_text(self._products[cell, 0]),
                "quantity": int(self._products[cell, 1]),
                "orders": int(self._products[cell, 2]),
            }
            for cell in np.flatnonzero(self._products[:, 2]).tolist()
        ]

    def by_month(self) -> list[dict[str, Any]]:
        """Money, orders and buyers of each month."""
        months = top(self._buyers.all(), 0)
        return [
            {
                "month": month,
                "gross": money_text(gross),
                "refunds": money_text(refunds),
                "net": money_text(gross + refunds),
                "orders": orders,
                "buyers": int((months == np.datetime64(month, "M").astype(np.int64)).sum()),
                "aov": round(gross / orders / 100, 4) if orders else None,
            }
            for month, (gross, refunds, orders) in sorted(
                (month, sums.tolist()) for month, sums in self._months.items()
            )
        ]

    def by_segment(self) -> list[dict[str, Any]]:
        """Users, money and orders of each RFM segment."""
        return [
            {"segment": name, "users": users, "revenue": money_text(money), "orders": orders}
            for name, users, money, orders in self._spenders.segments()
        ]
