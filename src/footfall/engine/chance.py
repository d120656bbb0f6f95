"""Words that nobody can guess, from a reserve that is filled by one system call for many requests.

Each system call hands the interpreter to another thread; with many clients the event loop waits long for its
return.
"""

import os
import uuid

_WORDS = 256
_reserve: list[str] = []


def word() -> str:
    """Sixteen hexadecimal digits; safe from any thread."""
    try:
        return _reserve.pop()
    except IndexError:
        digits = os.urandom(8 * _WORDS).hex()
        _reserve.extend(digits[at : at + 16] for at in range(16, len(digits), 16))
        return digits[:16]


def query_id() -> str:
    """A UUID of version 4, as ClickHouse gives a query that comes without an id."""
    return str(uuid.UUID(hex=word() + word(), version=4))
