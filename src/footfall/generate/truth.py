"""The true answers about a history, from the generated arrays alone: no database has a part in them.

Slices are added one by one; what is counted is exact. Distinct counts need to remember who was seen: about
10 bytes an event, packed as one number per hour, type and user. Everything else is sums. An order and a
session lie in one slice each, so their distinct counts add up over slices.

Money is in cents inside and a string such as "12.34" in the JSON. Lists leave out what did not happen.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from footfall.generate.columns import (
    ADD,
    CANCELLED,
    CHECKOUT,
    COMPLETED,
    EVENT_TYPES,
    I64,
    PAGE_VIEW,
    PRODUCT_VIEW,
    PURCHASE,
    REFUND,
    REFUNDED,
    STATUSES,
    U64,
    Ints,
    Signups,
)
from footfall.generate.places import DEVICES, PLACES
from footfall.generate.plan import DAY_MS, Plan
from footfall.generate.rfm import Buyers
from footfall.generate.shop import Slice

FUNNEL: Final = (PAGE_VIEW, PRODUCT_VIEW, ADD, CHECKOUT, PURCHASE)
TOP_USERS: Final = 100
_HOUR_MS: Final = 3_600_000
_TYPES: Final = len(EVENT_TYPES)
_USER_BITS: Final = 42  # anonymous ids count from 10^12 and stay below 2^42 for 10^12 sessions
_TYPE_BITS: Final = 4
_PLACE_BITS: Final = 6
_USER_MASK: Final = np.uint64((1 << _USER_BITS) - 1)


@dataclass(slots=True)
class _Seen:
    """A set of numbers that grows part by part."""

    parts: list[U64] = field(default_factory=list)

    def add(self, numbers: U64) -> None:
        self.parts.append(np.unique(numbers))

    def all(self) -> U64:
        """The distinct numbers, sorted."""
        return np.unique(np.concatenate([np.zeros(0, np.uint64), *self.parts]))


class Truth:
    """Answers about the slices that were added."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._first_hour = plan.events_from_ms // _HOUR_MS
        self._hours = plan.until_ms // _HOUR_MS - self._first_hour + 1
        cells = self._hours * _TYPES
        self._counts, self._money = np.zeros(cells, np.int64), np.zeros(cells, np.int64)
        self._seen, self._seen_in, self._buyers = _Seen(), _Seen(), _Seen()
        self._country: dict[tuple[int, int], I64] = {}
        self._devices = np.zeros(len(DEVICES), np.int64)
        self._activity: list[tuple[U64, I64]] = []
        self._links: list[tuple[U64, U64]] = []
        self._sessions = self._signups = 0
        self._products = np.zeros((plan.products * len(STATUSES), 3), np.int64)
        self._statuses = np.zeros((len(STATUSES), 4), np.int64)
        self._months: dict[str, I64] = {}
        self._spenders = Buyers()

    def add_signups(self, signups: Signups) -> None:
        """Counts users who registered."""
        self._signups += len(signups)

    def add(self, slice_: Slice) -> None:
        """Counts one slice."""
        self.add_signups(slice_.signups)
        self._add_events(slice_)
        self._add_ledger(slice_)

    def _add_events(self, slice_: Slice) -> None:
        e = slice_.events
        hour = e.at // _HOUR_MS - self._first_hour
        cell = hour * _TYPES + e.type
        np.add.at(self._counts, cell, 1)
        np.add.at(self._money, cell, e.revenue)
        self._seen.add(_pack(hour, _TYPE_BITS, e.type, e.user))
        day = e.at // DAY_MS - self._first_hour // 24
        self._seen_in.add(_pack(day, _PLACE_BITS, e.country, e.user))
        self._devices += np.bincount(e.device, minlength=len(DEVICES))
        self._activity.append(np.unique(e.user, return_counts=True))
        self._sessions += len(np.unique(e.session[e.session > 0]))
        logins = slice_.identities()
        self._links.append((logins.anonymous, logins.user))
        place_day = day * len(PLACES) + e.country
        for number in np.unique(place_day).tolist():
            rows = place_day == number
            visits = len(np.unique(e.session[rows & (e.session > 0)]))
            sums = (rows.sum(), e.revenue[rows].sum(), (rows & (e.type == PURCHASE)).sum(), visits)
            _add(self._country, divmod(number, len(PLACES)), sums)

    def _add_ledger(self, slice_: Slice) -> None:
        rows = slice_.ledger
        self._spenders.add(rows)
        cell = (rows.product - 1) * len(STATUSES) + rows.status
        np.add.at(self._products[:, 0], cell, rows.total)
        np.add.at(self._products[:, 1], cell, rows.quantity)
        np.add.at(self._products[:, 2], _once(cell, rows.order), 1)
        np.add.at(self._statuses[:, 0], rows.status, 1)
        np.add.at(self._statuses[:, 1], rows.status, rows.total)
        np.add.at(self._statuses[:, 2], rows.status, rows.quantity)
        np.add.at(self._statuses[:, 3], _once(rows.status, rows.order), 1)
        month = rows.at.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
        done = rows.status == COMPLETED
        back = (rows.status == REFUNDED) | (rows.status == CANCELLED)
        self._buyers.add(_pack(month[done], _TYPE_BITS, np.zeros(done.sum()), rows.user[done]))
        for number in np.unique(month).tolist():
            of = month == number
            orders = len(np.unique(rows.order[of & done]))
            sums = (rows.total[of & done].sum(), rows.total[of & back].sum(), orders)
            _add(self._months, str(np.datetime64(number, "M")), sums)

    def to_json(self) -> dict[str, Any]:
        """All answers, as JSON's types."""
        seen = self._seen.all()
        user, type_, hour = seen & _USER_MASK, _middle(seen, _TYPE_BITS), _top(seen, _TYPE_BITS)
        return {
            "made_by": self.plan.command(),
            "plan": self.plan.to_json(),
            "totals": self._totals(user),
            "event_types": self._event_types(user, type_),
            "hours": self._by_time(hour, user, _HOUR_MS, self._first_hour),
            "days": self._by_time(hour // 24, user, DAY_MS, self._first_hour // 24),
            "countries": self._countries(),
            "country_days": self._country_days(),
            "devices": [
                {"device_type": d.type, "browser": d.browser, "os": d.os, "events": int(count)}
                for d, count in zip(DEVICES, self._devices, strict=True)
                if count
            ],
            "funnel": _funnel(self._resolved(user), type_),
            "funnel_of_ids": _funnel(user, type_),
            "user_days": len(np.unique(_pack(hour // 24, 0, np.zeros(len(user)), user))),
            "top_users": self._top_users(user, type_, hour),
            "statuses": self._by_status(),
            "products": self._by_product(),
            "months": self._by_month(),
            "segments": [
                {"segment": name, "users": users, "revenue": _text(money), "orders": orders}
                for name, users, money, orders in self._spenders.segments()
            ],
        }

    def _totals(self, user: U64) -> dict[str, Any]:
        counts, money = self._of_types(self._counts), self._of_types(self._money)
        gross, orders = int(self._statuses[COMPLETED, 1]), int(self._statuses[COMPLETED, 3])
        refunds = int(self._statuses[REFUNDED, 1] + self._statuses[CANCELLED, 1])
        buyers = len(np.unique(self._seen_of(PURCHASE)))
        visitors = len(np.unique(user))
        return {
            "events": int(counts.sum()),
            "visitors": visitors,
            "sessions": self._sessions,
            "page_views": int(counts[PAGE_VIEW]),
            "purchases": int(counts[PURCHASE]),
            "purchasers": buyers,
            "purchase_revenue": _text(money[PURCHASE]),
            "refund_revenue": _text(money[REFUND]),
            "revenue": _text(money.sum()),
            "orders": orders,
            "ledger_rows": int(self._statuses[:, 0].sum()),
            "gross": _text(gross),
            "refunds": _text(refunds),
            "net": _text(gross + refunds),
            "aov": round(gross / orders / 100, 4) if orders else None,
            "conversion": round(100 * buyers / visitors, 4) if visitors else None,
            "users": self._signups,
            "products": self.plan.products,
            "identities": len(np.unique(np.concatenate([a for a, _ in self._links]))),
        }

    def _of_types(self, cells: I64) -> I64:
        return np.asarray(cells.reshape(-1, _TYPES).sum(axis=0))

    def _seen_of(self, type_: int) -> U64:
        seen = self._seen.all()
        return np.asarray(seen[_middle(seen, _TYPE_BITS) == type_] & _USER_MASK)

    def _event_types(self, user: U64, type_: I64) -> list[dict[str, Any]]:
        counts, money = self._of_types(self._counts), self._of_types(self._money)
        return [
            {
                "event_type": name,
                "events": int(counts[number]),
                "unique_users": len(np.unique(user[type_ == number])),
                "revenue": _text(money[number]),
            }
            for number, name in enumerate(EVENT_TYPES)
            if counts[number]
        ]

    def _by_time(self, bin_: I64, user: U64, step_ms: int, first: int) -> list[dict[str, Any]]:
        """Events, users and revenue of each hour or day."""
        width = step_ms // _HOUR_MS
        hours = np.arange(self._hours) // width
        counts = np.bincount(hours, self._counts.reshape(-1, _TYPES).sum(axis=1)).astype(np.int64)
        money = np.zeros(len(counts), np.int64)
        np.add.at(money, hours, self._money.reshape(-1, _TYPES).sum(axis=1))
        users = np.bincount(
            _top(np.unique(_pack(bin_, 0, np.zeros(len(user)), user)), 0), minlength=len(counts)
        )
        return [
            {
                "from": _time((first + number) * step_ms),
                "event_count": int(counts[number]),
                "unique_users": int(users[number]),
                "revenue": _text(money[number]),
            }
            for number in np.flatnonzero(counts).tolist()
        ]

    def _countries(self) -> list[dict[str, Any]]:
        seen = self._seen_in.all()
        user, place = seen & _USER_MASK, _middle(seen, _PLACE_BITS)
        answer = []
        for number in np.unique(place).tolist():
            of = [sums for (_, p), sums in self._country.items() if p == number]
            events, revenue, purchases, _ = np.sum(of, axis=0).tolist()
            answer.append(
                {
                    "country": PLACES[number].code,
                    "events": events,
                    "unique_users": len(np.unique(user[place == number])),
                    "revenue": _text(revenue),
                    "purchases": purchases,
                }
            )
        return sorted(answer, key=lambda row: (-row["events"], row["country"]))

    def _country_days(self) -> list[dict[str, Any]]:
        seen = self._seen_in.all()
        keys, users = np.unique(seen >> np.uint64(_USER_BITS), return_counts=True)
        unique = dict(zip(keys.tolist(), users.tolist(), strict=True))
        return [
            {
                "day": _time((self._first_hour // 24 + day) * DAY_MS)[:10],
                "country": PLACES[place].code,
                "event_count": int(sums[0]),
                "unique_users": unique[day << _PLACE_BITS | place],
                "unique_sessions": int(sums[3]),
                "revenue": _text(sums[1]),
                "purchase_count": int(sums[2]),
            }
            for (day, place), sums in sorted(self._country.items())
        ]

    def _resolved(self, user: U64) -> U64:
        """Ids of shoppers: an anonymous id that logged in is its user."""
        anonymous = np.concatenate([a for a, _ in self._links])
        known = np.concatenate([u for _, u in self._links])
        if not len(anonymous):
            return user
        order = np.argsort(anonymous, kind="stable")
        anonymous, known = anonymous[order], known[order]
        place = np.minimum(np.searchsorted(anonymous, user), len(anonymous) - 1)
        return np.where(anonymous[place] == user, known[place], user)

    def _top_users(self, user: U64, type_: I64, hour: I64) -> list[dict[str, Any]]:
        users = np.concatenate([u for u, _ in self._activity])
        counts = np.concatenate([c for _, c in self._activity])
        ids, place = np.unique(users, return_inverse=True)
        events = np.bincount(place, counts).astype(np.int64)
        best = np.lexsort((ids, -events))[:TOP_USERS]
        return [
            {
                "user_id": str(ids[number]),
                "events": int(events[number]),
                "event_types": len(np.unique(type_[user == ids[number]])),
                "last_day": _time((self._first_hour + int(hour[user == ids[number]].max())) * _HOUR_MS)[:10],
            }
            for number in best.tolist()
        ]

    def _by_status(self) -> list[dict[str, Any]]:
        return [
            {"status": name, "rows": r, "revenue": _text(m), "quantity": q, "orders": o}
            for name, (r, m, q, o) in zip(STATUSES, self._statuses.tolist(), strict=True)
            if r
        ]

    def _by_product(self) -> list[dict[str, Any]]:
        return [
            {
                "product_id": str(cell // len(STATUSES) + 1),
                "status": STATUSES[cell % len(STATUSES)],
                "revenue": _text(self._products[cell, 0]),
                "quantity": int(self._products[cell, 1]),
                "orders": int(self._products[cell, 2]),
            }
            for cell in np.flatnonzero(self._products[:, 2]).tolist()
        ]

    def _by_month(self) -> list[dict[str, Any]]:
        months = _top(self._buyers.all(), _TYPE_BITS)
        return [
            {
                "month": month,
                "gross": _text(gross),
                "refunds": _text(refunds),
                "net": _text(gross + refunds),
                "orders": orders,
                "buyers": int((months == np.datetime64(month, "M").astype(np.int64)).sum()),
                "aov": round(gross / orders / 100, 4) if orders else None,
            }
            for month, (gross, refunds, orders) in sorted(
                (month, sums.tolist()) for month, sums in self._months.items()
            )
        ]


def _funnel(user: U64, type_: I64) -> list[dict[str, Any]]:
    """Users with the first step, the first and the second, …: in any order, over the whole range."""
    left = np.unique(user[type_ == FUNNEL[0]])
    answer = []
    for step in FUNNEL:
        left = np.intersect1d(left, user[type_ == step])
        answer.append({"step": EVENT_TYPES[step], "users": len(left)})
    return answer


def _pack(top: Ints, bits: int, middle: Ints, user: U64) -> U64:
    """One number of three: a bin of time, a small number of so many bits, and an id."""
    head = (top.astype(np.uint64) << np.uint64(bits)) | middle.astype(np.uint64)
    return np.asarray((head << np.uint64(_USER_BITS)) | user)


def _middle(packed: U64, bits: int) -> I64:
    return ((packed >> np.uint64(_USER_BITS)) & np.uint64((1 << bits) - 1)).astype(np.int64)


def _top(packed: U64, bits: int) -> I64:
    return (packed >> np.uint64(_USER_BITS + bits)).astype(np.int64)


def _once(cell: Ints, order: I64) -> I64:
    """The cells of distinct pairs of cell and order."""
    pairs = np.unique(np.stack([cell.astype(np.int64), order]), axis=1)
    return np.asarray(pairs[0])


def _add(table: dict[Any, I64], key: Any, sums: tuple[Any, ...]) -> None:
    table[key] = table.get(key, 0) + np.array([int(value) for value in sums], np.int64)


def _text(cents: Any) -> str:
    """Cents as a decimal text."""
    value = int(cents)
    return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}"


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
