"""Sets of packed numbers, sums by key, and how their answers are spelt.

A packed number holds a bin of time, a small number (a type, a place) and a user's id: who was seen where in
eight bytes.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from footfall.generate.columns import I64, U64, Ints

USER_BITS: Final = 42  # anonymous ids count from 10^12 and stay below 2^42 for 10^12 sessions
USER_MASK: Final = np.uint64((1 << USER_BITS) - 1)


@dataclass(slots=True)
class Seen:
    """A set of numbers that grows part by part."""

    parts: list[U64] = field(default_factory=list)

    def add(self, numbers: U64) -> None:
        """Adds a part."""
        self.parts.append(np.unique(numbers))

    def all(self) -> U64:
        """The distinct numbers, sorted."""
        return np.unique(np.concatenate([np.zeros(0, np.uint64), *self.parts]))


def pack(top: Ints, bits: int, middle: Ints, user: U64) -> U64:
    """One number of three: a bin of time, a small number of so many bits, and an id."""
    head = (top.astype(np.uint64) << np.uint64(bits)) | middle.astype(np.uint64)
    return np.asarray((head << np.uint64(USER_BITS)) | user)


def middle(packed: U64, bits: int) -> I64:
    """The small number of so many bits."""
    return ((packed >> np.uint64(USER_BITS)) & np.uint64((1 << bits) - 1)).astype(np.int64)


def top(packed: U64, bits: int) -> I64:
    """The bin of time, above a small number of so many bits."""
    return (packed >> np.uint64(USER_BITS + bits)).astype(np.int64)


def once(cell: Ints, order: I64) -> I64:
    """The cells of distinct pairs of cell and order."""
    pairs = np.unique(np.stack([cell.astype(np.int64), order]), axis=1)
    return np.asarray(pairs[0])


def add_to(table: dict[Any, I64], key: Any, sums: tuple[Any, ...]) -> None:
    """Adds sums to those of a key."""
    table[key] = table.get(key, 0) + np.array([int(value) for value in sums], np.int64)


def money_text(cents: Any) -> str:
    """Cents as a decimal text."""
    value = int(cents)
    return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}"


def time_text(ms: int) -> str:
    """A moment in UTC, to the second."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
