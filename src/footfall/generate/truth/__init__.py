"""The true answers about a history, from the generated arrays alone: no database has a part in them.

Slices are added one by one; what is counted is exact. Distinct counts need to remember who was seen: about
10 bytes an event, packed as one number per hour, type and user. Everything else is sums. An order and a
session lie in one slice each, so their distinct counts add up over slices.

Money is in cents inside and a string such as "12.34" in the JSON. Lists leave out what did not happen.
"""

from typing import Any, Final

import numpy as np

from footfall.generate.columns import (
    ADD,
    CHECKOUT,
    EVENT_TYPES,
    I64,
    PAGE_VIEW,
    PRODUCT_VIEW,
    PURCHASE,
    REFUND,
    U64,
    Signups,
)
from footfall.generate.places import DEVICES, PLACES
from footfall.generate.plan import DAY_MS, Plan
from footfall.generate.shop import Slice
from footfall.generate.truth.orders import Orders
from footfall.generate.truth.packed import (
    USER_BITS,
    USER_MASK,
    Seen,
    add_to,
    middle,
    money_text,
    pack,
    time_text,
    top,
)

FUNNEL: Final = (PAGE_VIEW, PRODUCT_VIEW, ADD, CHECKOUT, PURCHASE)
TOP_USERS: Final = 100
_HOUR_MS: Final = 3_600_000
_TYPES: Final = len(EVENT_TYPES)
_TYPE_BITS: Final = 4
_PLACE_BITS: Final = 6


class Truth:
    """Answers about the slices that were added."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._first_hour = plan.events_from_ms // _HOUR_MS
        self._hours = plan.until_ms // _HOUR_MS - self._first_hour + 1
        cells = self._hours * _TYPES
        self._counts, self._money = np.zeros(cells, np.int64), np.zeros(cells, np.int64)
        self._seen, self._seen_in = Seen(), Seen()
        self._country: dict[tuple[int, int], I64] = {}
        self._devices = np.zeros(len(DEVICES), np.int64)
        self._activity: list[tuple[U64, I64]] = []
        self._links: list[tuple[U64, U64]] = []
        self._sessions = self._signups = 0
        self._orders = Orders(plan.products)

    def add_signups(self, signups: Signups) -> None:
        """Counts users who registered."""
        self._signups += len(signups)

    def add(self, slice_: Slice) -> None:
        """Counts one slice."""
        self.add_signups(slice_.signups)
        self._add_events(slice_)
        self._orders.add(slice_.ledger)

    def _add_events(self, slice_: Slice) -> None:
        e = slice_.events
        hour = e.at // _HOUR_MS - self._first_hour
        cell = hour * _TYPES + e.type
        np.add.at(self._counts, cell, 1)
        np.add.at(self._money, cell, e.revenue)
        self._seen.add(pack(hour, _TYPE_BITS, e.type, e.user))
        day = e.at // DAY_MS - self._first_hour // 24
        self._seen_in.add(pack(day, _PLACE_BITS, e.country, e.user))
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
            add_to(self._country, divmod(number, len(PLACES)), sums)

    def to_json(self) -> dict[str, Any]:
        """All answers, as JSON's types."""
        seen = self._seen.all()
        user, type_, hour = seen & USER_MASK, middle(seen, _TYPE_BITS), top(seen, _TYPE_BITS)
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
            "user_days": len(np.unique(pack(hour // 24, 0, np.zeros(len(user)), user))),
            "top_users": self._top_users(user, type_, hour),
            "statuses": self._orders.by_status(),
            "products": self._orders.by_product(),
            "months": self._orders.by_month(),
            "segments": self._orders.by_segment(),
        }

    def _totals(self, user: U64) -> dict[str, Any]:
        counts, money = self._of_types(self._counts), self._of_types(self._money)
        gross, refunds, orders = self._orders.gross, self._orders.refunds, self._orders.completed
        buyers = len(np.unique(self._seen_of(PURCHASE)))
        visitors = len(np.unique(user))
        return {
            "events": int(counts.sum()),
            "visitors": visitors,
            "sessions": self._sessions,
            "page_views": int(counts[PAGE_VIEW]),
            "purchases": int(counts[PURCHASE]),
            "purchasers": buyers,
            "purchase_revenue": money_text(money[PURCHASE]),
            "refund_revenue": money_text(money[REFUND]),
            "revenue": money_text(money.sum()),
            "orders": orders,
            "ledger_rows": self._orders.rows,
            "gross": money_text(gross),
            "refunds": money_text(refunds),
            "net": money_text(gross + refunds),
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
        return np.asarray(seen[middle(seen, _TYPE_BITS) == type_] & USER_MASK)

    def _event_types(self, user: U64, type_: I64) -> list[dict[str, Any]]:
        counts, money = self._of_types(self._counts), self._of_types(self._money)
        return [
            {
                "event_type": name,
                "events": int(counts[number]),
                "unique_users": len(np.unique(user[type_ == number])),
                "revenue": money_text(money[number]),
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
            top(np.unique(pack(bin_, 0, np.zeros(len(user)), user)), 0), minlength=len(counts)
        )
        return [
            {
                "from": time_text((first + number) * step_ms),
                "event_count": int(counts[number]),
                "unique_users": int(users[number]),
                "revenue": money_text(money[number]),
            }
            for number in np.flatnonzero(counts).tolist()
        ]

    def _countries(self) -> list[dict[str, Any]]:
        seen = self._seen_in.all()
        user, place = seen & USER_MASK, middle(seen, _PLACE_BITS)
        answer = []
        for number in np.unique(place).tolist():
            of = [sums for (_, p), sums in self._country.items() if p == number]
            events, revenue, purchases, _ = np.sum(of, axis=0).tolist()
            answer.append(
                {
                    "country": PLACES[number].code,
                    "events": events,
                    "unique_users": len(np.unique(user[place == number])),
                    "revenue": money_text(revenue),
                    "purchases": purchases,
                }
            )
        return sorted(answer, key=lambda row: (-row["events"], row["country"]))

    def _country_days(self) -> list[dict[str, Any]]:
        seen = self._seen_in.all()
        keys, users = np.unique(seen >> np.uint64(USER_BITS), return_counts=True)
        unique = dict(zip(keys.tolist(), users.tolist(), strict=True))
        return [
            {
                "day": time_text((self._first_hour // 24 + day) * DAY_MS)[:10],
                "country": PLACES[place].code,
                "event_count": int(sums[0]),
                "unique_users": unique[day << _PLACE_BITS | place],
                "unique_sessions": int(sums[3]),
                "revenue": money_text(sums[1]),
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
                "last_day": time_text((self._first_hour + int(hour[user == ids[number]].max())) * _HOUR_MS)[
                    :10
                ],
            }
            for number in best.tolist()
        ]


def _funnel(user: U64, type_: I64) -> list[dict[str, Any]]:
    """Users with the first step, the first and the second, …: in any order, over the whole range."""
    left = np.unique(user[type_ == FUNNEL[0]])
    answer = []
    for step in FUNNEL:
        left = np.intersect1d(left, user[type_ == step])
        answer.append({"step": EVENT_TYPES[step], "users": len(left)})
    return answer
