"""The small JSON texts of `properties`: a fixed list, so that a row holds only a position in it."""

from typing import Final

import numpy as np

from footfall.generate.columns import PAYMENTS
from footfall.generate.places import DEVICES

_RESULTS: Final = 60
_LOGIN_METHODS: Final = ("password", "google", "apple")
_REASONS: Final = ("did not fit", "damaged", "changed mind", "late delivery", "goodwill", "cancelled")

PROPERTIES: Final = (
    *(f'{{"os":"{device.os}"}}' if device.os else "" for device in DEVICES),
    *(f'{{"payment_method":"{payment}"}}' for payment in PAYMENTS),
    *(f'{{"method":"{method}"}}' for method in _LOGIN_METHODS),
    *(f'{{"reason":"{reason}"}}' for reason in _REASONS),
    *(f'{{"results":{results}}}' for results in range(_RESULTS)),
)
OF_PAYMENT: Final = len(DEVICES)
OF_LOGIN: Final = OF_PAYMENT + len(PAYMENTS)
OF_REASON: Final = OF_LOGIN + len(_LOGIN_METHODS)
OF_RESULTS: Final = OF_REASON + len(_REASONS)

LOGINS: Final = len(_LOGIN_METHODS)
RESULTS: Final = _RESULTS
RETURN_REASONS: Final = 4
GOODWILL: Final = OF_REASON + 4
CANCELLATION: Final = OF_REASON + 5

# Positions in PROPERTIES are small numbers: what holds them is four bytes wide.
POSITION: Final = np.int32
