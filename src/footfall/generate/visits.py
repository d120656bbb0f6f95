"""Visits: sessions that are still to be told, and how far each of them goes.

Most who come leave at once, some look around, few fill a cart and fewer still get to the checkout without
buying. Those who buy go the full way or, where there is no time for that, the express way.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from footfall.generate.columns import I64, U8, U64, Columns, Mask, Rng, choose, cumulative

# Mean events of a session without an order, and with one on the full and on the express way, and mean time
# from their events to the last one: measured, and held to what `build` gives by a test. The longest session.
BROWSE_EVENTS: Final = 2.0
BROWSE_LEAD_MS: Final = 27_000
FULL_EVENTS: Final = 8.25
FULL_LEAD_MS: Final = 140_000
EXPRESS_EVENTS: Final = 3.6
EXPRESS_LEAD_MS: Final = 57_000
HORIZON_MS: Final = 30 * 60_000

BOUNCE, LOOK, CART, ABANDON, FULL, EXPRESS = range(6)
_DEPTHS: Final = cumulative([0.62, 0.26, 0.08, 0.04])  # how far those get who do not buy


@dataclass(slots=True)
class Visits(Columns):
    """Sessions to be told. `user` 0 is a shopper who never says who they are."""

    last_at: I64
    buyer: Mask
    full: Mask
    user: U64
    signed_in: Mask
    signup: Mask
    anonymous: U64
    country: U8
    device: U8
    source: U8
    session: U64
    order: I64


def depths(chance: Rng, visits: Visits) -> I64:
    """How far each visit goes."""
    depth = choose(_DEPTHS, chance.random(len(visits)))
    return np.where(visits.buyer, np.where(visits.full, FULL, EXPRESS), depth)
