"""Clients' clocks: a time that a client wrote, corrected by the moment at which it says it sent it.

Segment's rule: what happened so long before the sending happened so long before the receipt, that is,
`received - (sent - at)` (Segment, "Spec: Common Fields", timestamps). It moves a time only where it cannot
make it worse:

- a request takes its time on the way: where `sent` is up to `LATENCY_MS` before the receipt, clocks agree;
- what happened after it was sent was not written by the clock that wrote `sent`;
- a time that is kept as it stands is not moved to where it is older than what is kept.
"""

from typing import Final

LATENCY_MS: Final = 10_000


def corrected(at: int, sent: int | None, received: int, oldest: int = 0) -> int:
    """When it happened by our clock. All in milliseconds since 1970; `oldest`: the earliest that is kept."""
    if sent is None or 0 <= received - sent <= LATENCY_MS or at > sent + LATENCY_MS:
        return at
    moved = at + received - sent
    return at if moved < oldest <= at else moved
